import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startReaper } from '../local/processes/reaper';
import { CommandError, EXIT } from './exit';

/** Ways to keep the CDK command line offline and quiet. */
const OFFLINE = { CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true', AWS_EC2_METADATA_DISABLED: 'true' };

export interface Synthesis {
  /** Folder of the cloud assembly. */
  readonly assembly: string;
  /** Look-ups that nobody answered: the templates hold dummies in their place. */
  readonly missing: readonly string[];
  readonly milliseconds: number;
  /** Removes the assembly. */
  dispose(): Promise<void>;
}

export interface SynthesisOptions {
  /** Command that runs the app; the one that `./cdk.json` names when absent. */
  readonly app?: string | undefined;
  /** `key=value` pairs for the app. */
  readonly context: readonly string[];
}

/**
 * Synthesizes a CDK app with the CDK command line of the project, as a deployment would, but without looking anything up in an
 * AWS account. Nothing is written beside the app, and nothing is left when it fails or this process dies.
 */
export async function synthesize({ app, context }: SynthesisOptions, folder: string, interrupted: AbortSignal): Promise<Synthesis> {
  if (app === undefined && !existsSync(join(folder, 'cdk.json'))) {
    throw new CommandError(
      EXIT.USAGE,
      `There is no cdk.json in ${folder}, so there is no app to run.`,
      'go to the folder of the CDK app, or name it with --app "npx tsx bin/app.ts", or an assembly with --assembly cdk.out',
    );
  }
  const start = performance.now();
  const cdk = cdkCommand(folder);
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-fleet-synth-'));
  const reaper = startReaper(scratch, '');
  const dispose = async (): Promise<void> => {
    rmSync(scratch, { recursive: true, force: true });
    await reaper.dismiss();
  };
  try {
    const assembly = join(scratch, 'cdk.out');
    // Construct paths tell which resources are the fleet's.
    const options = ['synth', '--quiet', '--no-notices', '--version-reporting=false', '--path-metadata', '--lookups=false'];
    const args = [
      ...options,
      '--output',
      assembly,
      ...(app === undefined ? [] : ['--app', app]),
      ...context.flatMap((pair) => ['--context', pair]),
    ];
    const child = spawn(process.execPath, [cdk, ...args], {
      cwd: folder,
      // What CloudFormation would refuse is for `cdk synth` to say: looking for it takes four times as long as all the rest.
      env: { CDK_VALIDATION: 'false', ...process.env, ...OFFLINE },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: the app is a child of the command line, and must not outlive it.
      detached: true,
    });
    if (child.pid !== undefined) reaper.watch(child.pid);
    const { code, output } = await ended(child, interrupted);
    const missing = missingIn(assembly);
    // Refused look-ups are its last step: everything is written by then.
    if (code !== 0 && !(missing.length > 0 && output.includes('lookups have been disabled')))
      throw new CommandError(EXIT.NO, `The CDK app does not synthesize (cdk ended with ${code}):\n${output.trim()}`);
    return { assembly, missing, milliseconds: performance.now() - start, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function ended(child: ChildProcess, interrupted: AbortSignal): Promise<{ code: number | null; output: string }> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk));
  const kill = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
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
