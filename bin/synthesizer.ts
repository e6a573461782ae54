import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startReaper } from '../local/processes/reaper';
import { CommandError, EXIT } from './exit';

/** Ways to keep the CDK command line offline and quiet. */
const OFFLINE = { CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true', AWS_EC2_METADATA_DISABLED: 'true' };
/** Loads the CDK command line, which takes half of a synthesis, and runs it when it is told to; not at all when its input just ends. */
const LOAD = `
process.setSourceMapsEnabled(true);
const cdk = process.argv[1];
try { require(require('node:path').join(cdk, '../../lib')); } catch {}
if (require('node:fs').readSync(0, Buffer.alloc(1)) === 1) require(cdk);
`;

export interface SynthesisOptions {
  /** Command that runs the app; the one that `./cdk.json` names when absent. */
  readonly app?: string | undefined;
  /** `key=value` pairs for the app. */
  readonly context: readonly string[];
}

export interface Assembled {
  /** Folder of the cloud assembly. */
  readonly assembly: string;
  /** Look-ups that nobody answered: the templates hold dummies in their place. */
  readonly missing: readonly string[];
  readonly milliseconds: number;
}

/**
 * Synthesizes a CDK app with the CDK command line of the project, as a deployment would, but without looking anything up in an
 * AWS account: again and again into one folder, where assets that have not changed are found and not copied. Nothing is written
 * beside the app, and nothing is left when this process dies.
 */
export class Synthesizer {
  private readonly scratch = mkdtempSync(join(tmpdir(), 'mcp-fleet-synth-'));
  private readonly reaper = startReaper(this.scratch, '');
  private readonly assembly = join(this.scratch, 'cdk.out');
  private loaded: ChildProcessWithoutNullStreams | undefined;
  private assetsBefore: ReadonlySet<string> = new Set();

  private constructor(
    private readonly options: SynthesisOptions,
    private readonly folder: string,
    private readonly cdk: string,
  ) {}

  /** @throws CommandError where there is no app, or no CDK command line */
  static open(options: SynthesisOptions, folder: string): Synthesizer {
    if (options.app === undefined && !existsSync(join(folder, 'cdk.json'))) {
      throw new CommandError(
        EXIT.USAGE,
        `There is no cdk.json in ${folder}, so there is no app to run.`,
        'go to the folder of the CDK app, or name it with --app "npx tsx bin/app.ts", or an assembly with --assembly cdk.out',
      );
    }
    return new Synthesizer(options, folder, cdkCommand(folder));
  }

  /** Loads the CDK command line, so that the next synthesis begins at once. */
  prepare(): void {
    this.loaded ??= this.load();
  }

  /** @throws CommandError with what the app, or the CDK, has said */
  async run(interrupted: AbortSignal): Promise<Assembled> {
    const start = performance.now();
    this.assetsBefore = new Set(this.assets());
    this.prepare();
    const child = this.loaded as ChildProcessWithoutNullStreams;
    this.loaded = undefined;
    child.stdin.end('\n');
    const { code, output } = await ended(child, interrupted);
    if (child.pid !== undefined) this.reaper.forget(child.pid);
    const missing = missingIn(this.assembly);
    // Refused look-ups are its last step: everything is written by then.
    if (code !== 0 && !(missing.length > 0 && output.includes('lookups have been disabled'))) {
      this.discard();
      throw new CommandError(EXIT.NO, `The CDK app does not synthesize (cdk ended with ${code}):\n${output.trim()}`);
    }
    return { assembly: this.assembly, missing, milliseconds: performance.now() - start };
  }

  /** Nobody uses what was synthesized last: assets that are new with it may be half a copy of what was just being written. */
  discard(): void {
    for (const name of this.assets()) {
      if (!this.assetsBefore.has(name)) rmSync(join(this.assembly, name), { recursive: true, force: true });
    }
  }

  /** Removes the assembly. */
  async dispose(): Promise<void> {
    this.loaded?.kill('SIGKILL');
    rmSync(this.scratch, { recursive: true, force: true });
    await this.reaper.dismiss();
  }

  private load(): ChildProcessWithoutNullStreams {
    const { app, context } = this.options;
    // Construct paths tell which resources are the fleet's.
    const options = ['synth', '--quiet', '--no-notices', '--version-reporting=false', '--path-metadata', '--lookups=false'];
    const args = [
      ...options,
      '--output',
      this.assembly,
      ...(app === undefined ? [] : ['--app', app]),
      ...context.flatMap((pair) => ['--context', pair]),
    ];
    const child = spawn(process.execPath, ['-e', LOAD, this.cdk, ...args], {
      cwd: this.folder,
      // What CloudFormation would refuse is for `cdk synth` to say: looking for it takes four times as long as all the rest.
      env: { CDK_VALIDATION: 'false', ...process.env, ...OFFLINE },
      // A group of its own: the app is a child of the command line, and must not outlive it.
      detached: true,
    });
    child.stdin.on('error', () => {}); // it has ended, and says so itself
    if (child.pid !== undefined) this.reaper.watch(child.pid);
    return child;
  }

  private assets(): readonly string[] {
    return existsSync(this.assembly) ? readdirSync(this.assembly).filter((name) => name.startsWith('asset.')) : [];
  }
}

async function ended(child: ChildProcessWithoutNullStreams, interrupted: AbortSignal): Promise<{ code: number | null; output: string }> {
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  const kill = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  if (interrupted.aborted) kill();
  interrupted.addEventListener('abort', kill, { once: true });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  } finally {
    interrupted.removeEventListener('abort', kill);
  }
}

/** What an assembly, where one was written, says that it was not told. */
function missingIn(assembly: string): readonly string[] {
  const path = join(assembly, 'manifest.json');
  if (!existsSync(path)) return [];
  const { missing = [] } = JSON.parse(readFileSync(path, 'utf8')) as { missing?: readonly { readonly key: string }[] };
  return missing.map(({ key }) => key);
}

/** The project's own CDK command line, else the one beside this package. */
function cdkCommand(folder: string): string {
  for (const from of [join(folder, 'package.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve('aws-cdk/bin/cdk');
    } catch {
      // not installed there
    }
  }
  throw new CommandError(EXIT.ENVIRONMENT, `The CDK command line is not installed in ${folder}.`, 'npm install --save-dev aws-cdk');
}
