import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { byFleet, type CheckedAccount } from '../../local/checked-account';
import { readControlFiles } from '../../local/control/control-file';
import { requireFreePort } from '../../local/processes/ports';
import { startLocalAccount } from '../../local/start';
import { trustAuthority } from '../../local/tls/trust';
import { checkAll, hasFailed } from '../check-fleets';
import { Crash } from '../crash';
import { EXIT } from '../exit';
import { Interruption } from '../interruption';
import { collect, portNumber, scalingSpeed, standIn } from '../local-options';
import { type CheckedFleet, type Reporter, reporter } from '../local-report';
import { type Synthesis, synthesize } from '../synthesize';
import type { Assembled } from '../synthesizer';
import { Troubles } from '../troubles';
import { describeMeaning } from '../watch/meaning';
import { synthesizedApp, writtenAssembly } from '../watch/source';
import { Watch } from '../watch/watch';

interface LocalOptions {
  readonly app?: string;
  readonly assembly?: string;
  readonly empty?: boolean;
  readonly port: number;
  readonly persist?: string;
  readonly once: boolean;
  readonly checks: boolean;
  readonly json: boolean;
  readonly context: readonly string[];
  readonly standIn: Readonly<Record<string, string>>;
  readonly fleet?: string;
  readonly scalingSpeed: number;
  readonly tls: boolean;
  readonly watch: boolean;
}

const EXAMPLES = `
Examples:
  $ mcp-fleet local                                 the app of ./cdk.json
  $ mcp-fleet local --app "npx tsx bin/app.ts"      another app
  $ mcp-fleet local --assembly cdk.out --port 0     an assembly that is there already, on any free port
  $ mcp-fleet local --once --json                   prove the eight checks and stop
  $ mcp-fleet local --watch                         apply what is saved, while it runs
  $ mcp-fleet local --scaling-speed 10              see a service grow: a minute of scaling is six seconds
  $ mcp-fleet local --stand-in Data/JobsQueue=http://127.0.0.1:9324/jobs   for a resource that does not run here
`;

export function localCommand(): Command {
  return new Command('local')
    .description('Run the synthesized CDK app on this machine, prove the eight checks, and stay up')
    .addHelpText('after', EXAMPLES)
    .addOption(new Option('--app <command>', 'command that runs the CDK app (default: the app of ./cdk.json)').conflicts('assembly'))
    .option('--assembly <folder>', 'a cloud assembly that is synthesized already')
    .addOption(
      new Option('--empty', 'an account with nothing in it, to deploy into: mcp-fleet env -- npx cdk deploy').conflicts([
        'app',
        'assembly',
        'once',
        'watch',
      ]),
    )
    .option('--port <number>', 'port of the edge on 127.0.0.1; 0 takes a free one', portNumber, 8700)
    .option('--persist <folder>', 'keep tables and secrets there for the next run (default: a scratch folder, removed at the end)')
    .option('-c, --context <key=value>', 'context of the CDK app; may be repeated', collect, [])
    .option('--stand-in <resource[=value]>', 'what programs are given for STACK/ID or STACK/ID.ATTRIBUTE; may be repeated', standIn, {})
    .option('--once', 'stop after the checks, or once it serves; exit code 0 if none failed', false)
    .addOption(new Option('--watch', 'apply what is saved in the app and its servers, while it runs').default(false).conflicts('once'))
    .option('--scaling-speed <factor>', 'how much faster than in AWS scaling and alarms go', scalingSpeed, 1)
    .option('--tls', 'load balancers speak TLS where they have a certificate, by an authority of this run', false)
    .option('--no-checks', 'do not run the checks')
    .option('--json', 'events as NDJSON on stdout; with --once one document with the checks (docs/checks.md)', false)
    .action((options: LocalOptions, command: Command) => runLocal({ ...options, ...command.optsWithGlobals() }));
}

async function runLocal(options: LocalOptions): Promise<void> {
  const interruption = new Interruption();
  const report = reporter(options);
  const cleanups: (() => Promise<void>)[] = [];
  const crash = new Crash();
  try {
    await crash.orElse(live(options, interruption, report, cleanups));
  } catch (error) {
    if (!interruption.happened) throw error;
  } finally {
    if (interruption.happened) report.stopping();
    for (const cleanup of cleanups.reverse()) await cleanup();
    crash.dispose();
    // Work that was left to itself, such as a check, would keep the process up.
    if (interruption.happened) process.exit(EXIT.INTERRUPTED);
    interruption.dispose();
  }
}

/** From nothing to a running account, its checks, and whatever follows until someone ends it. */
async function live(options: LocalOptions, interruption: Interruption, report: Reporter, cleanups: (() => Promise<void>)[]): Promise<void> {
  const start = performance.now();
  await requireFreePort(options.port, readControlFiles(process.cwd()));
  report.begin();
  const watch = options.watch ? await watchFiles(options, interruption, report, cleanups) : undefined;
  const assembly = options.empty ? undefined : await assemblyOf(options, watch, interruption, report, cleanups);
  const troubles = new Troubles(report);
  const account = await interruption.orElse(
    startLocalAccount({
      ...(assembly !== undefined && { assembly }),
      port: options.port,
      onPhase: report.phase,
      onProgress: report.progress,
      onServiceEvent: (event) => watch?.explains(event) || troubles.take(event),
      onScalingEvent: report.scaling,
      scalingSpeed: options.scalingSpeed,
      tls: options.tls,
      ...(watch && { replaceWithin: REPLACE_WITHIN }),
      standIns: options.standIn,
      ...(options.persist !== undefined && { persist: options.persist }),
      ...(options.fleet !== undefined && { fleet: options.fleet }),
    }),
  );
  // What happens while it is being stopped is no trouble any more.
  cleanups.push(
    () => account.stop(),
    async () => troubles.dispose(),
  );
  trustAuthority(account.authorityFile);
  report.ready(account, performance.now() - start);
  // What was there before and is there again is no new fleet that has to prove itself: its instances are not killed.
  const isChecked = options.checks && assembly !== undefined;
  const fleets = isChecked ? await checkFleets(byFleet(account), interruption, report) : account.fleets.map(unchecked);
  if (options.once) {
    report.ended(fleets);
    process.exitCode = fleets.some(hasFailed) ? EXIT.NO : EXIT.OK;
    return;
  }
  await report.standing(account);
  if (assembly !== undefined) watch?.begin(account, assembly);
  await interruption.happens();
}

/** Whoever has just saved a file waits for it, and so does every agent that is connected. */
const REPLACE_WITHIN = { drainMs: 3000, stopMs: 10_000 };

async function watchFiles(
  { app, context, assembly: written }: LocalOptions,
  { signal: interrupted }: Interruption,
  teller: Reporter,
  cleanups: (() => Promise<void>)[],
): Promise<Watch> {
  const folder = process.cwd();
  const assembly = written === undefined ? undefined : resolve(written);
  const source = assembly === undefined ? synthesizedApp({ app, context }, folder) : writtenAssembly(assembly);
  const watch = await Watch.open({ source, folder, assembly, describe: describeMeaning, teller, interrupted });
  cleanups.push(() => watch.stop());
  return watch;
}

/** What is to be run: an assembly that is there, or one that is made. */
async function assemblyOf(
  { app, context, assembly: written }: LocalOptions,
  watch: Watch | undefined,
  interruption: Interruption,
  report: Reporter,
  cleanups: (() => Promise<void>)[],
): Promise<string> {
  if (written !== undefined && watch === undefined) return written;
  const synthesis: Assembled & Partial<Synthesis> = watch
    ? await watch.first()
    : await synthesize({ app, context }, process.cwd(), interruption.signal);
  if (synthesis.dispose) cleanups.push(synthesis.dispose);
  const { assembly, missing, milliseconds } = synthesis;
  if (written !== undefined) return assembly;
  const dummies = missing.length === 0 ? '' : `; not looked up, so dummies stand for it: ${missing.join(', ')}`;
  report.phase({ name: 'synthesize', detail: `${app ?? 'app of cdk.json'}${dummies}`, milliseconds });
  return assembly;
}

/** Nobody else works with an account that has just started: instances may be killed. */
function checkFleets(fleets: readonly CheckedAccount[], interruption: Interruption, report: Reporter): Promise<readonly CheckedFleet[]> {
  return interruption.orElse(checkAll(fleets, { mayKill: true }, report));
}

function unchecked({ name }: { readonly name: string }): CheckedFleet {
  return { fleet: name, checks: [] };
}
