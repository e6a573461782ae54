import { rm } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type CheckResult, runChecks } from '../../checks';
import type { LocalAccount } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { EXIT } from '../exit';
import { Interruption } from '../interruption';
import { type Reporter, reporter } from '../local-report';
import { synthesize } from '../synthesize';

interface LocalOptions {
  readonly app?: string;
  readonly assembly?: string;
  readonly port: number;
  readonly persist?: string;
  readonly once: boolean;
  readonly checks: boolean;
  readonly json: boolean;
}

const EXAMPLES = `Examples:
  $ mcp-fleet local                                 the app of ./cdk.json
  $ mcp-fleet local --app "npx tsx bin/app.ts"      another app
  $ mcp-fleet local --assembly cdk.out --port 0     an assembly that is there already, on any free port
  $ mcp-fleet local --once --json                   prove the eight checks and stop
`;

export function localCommand(): Command {
  return new Command('local')
    .description('Run the synthesized CDK app on this machine, prove the eight checks, and stay up')
    .addHelpText('before', EXAMPLES)
    .addOption(new Option('--app <command>', 'command that runs the CDK app (default: the app of ./cdk.json)').conflicts('assembly'))
    .option('--assembly <folder>', 'a cloud assembly that is synthesized already')
    .option('--port <number>', 'port of the edge on 127.0.0.1; 0 takes a free one', portNumber, 8700)
    .option('--persist <folder>', 'keep tables and secrets there for the next run (default: a scratch folder, removed at the end)')
    .option('--once', 'stop after the checks, or once it serves; exit code 0 if none failed', false)
    .option('--no-checks', 'do not run the checks')
    .option('--json', 'events as NDJSON on stdout; with --once one document with the checks (docs/checks.md)', false)
    .action(runLocal);
}

async function runLocal(options: LocalOptions): Promise<void> {
  const interruption = new Interruption();
  const report = reporter(options);
  const cleanups: (() => Promise<void>)[] = [];
  try {
    await live(options, interruption, report, cleanups);
  } catch (error) {
    if (!interruption.happened) throw error;
  } finally {
    if (interruption.happened) report.stopping();
    for (const cleanup of cleanups.reverse()) await cleanup();
    // Work that was left to itself, such as a check, would keep the process up.
    if (interruption.happened) process.exit(EXIT.INTERRUPTED);
    interruption.dispose();
  }
}

/** From nothing to a running account, its checks, and whatever follows until someone ends it. */
async function live(options: LocalOptions, interruption: Interruption, report: Reporter, cleanups: (() => Promise<void>)[]): Promise<void> {
  const start = performance.now();
  report.begin();
  const assembly = options.assembly ?? (await synthesizeApp(options, interruption, report, cleanups));
  const account = await interruption.orElse(
    startLocalAccount({ assembly, port: options.port, persist: options.persist, onPhase: report.phase }),
  );
  cleanups.push(() => account.stop());
  report.ready(account, performance.now() - start);
  const results = options.checks ? await runAllChecks(account, interruption, report) : [];
  if (options.once) {
    report.ended(account, results);
    process.exitCode = results.some(({ status }) => status === 'fail') ? EXIT.NO : EXIT.OK;
    return;
  }
  await report.standing(account);
  await interruption.happens();
}

async function synthesizeApp(
  { app }: LocalOptions,
  interruption: Interruption,
  report: Reporter,
  cleanups: (() => Promise<void>)[],
): Promise<string> {
  const synthesis = await synthesize(app, process.cwd(), interruption.signal);
  cleanups.push(() => rm(synthesis.scratch, { recursive: true, force: true }));
  report.phase({ name: 'synthesize', detail: app ?? 'app of cdk.json', milliseconds: synthesis.milliseconds });
  return synthesis.assembly;
}

async function runAllChecks(account: LocalAccount, interruption: Interruption, report: Reporter): Promise<readonly CheckResult[]> {
  const results = await interruption.orElse(
    // Nobody else works with an account that has just started.
    runChecks(account, { mayKill: true, onResult: report.check, onProgress: report.progress }),
  );
  report.checks(results);
  return results;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError(`"${text}" is not a port; expected 0 to 65535.`);
  return port;
}
