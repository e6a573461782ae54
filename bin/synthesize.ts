import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, EXIT } from './exit';

/** Ways to keep the CDK command line offline and quiet. */
const OFFLINE = { CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true', AWS_EC2_METADATA_DISABLED: 'true' };

export interface Synthesis {
  /** Folder of the cloud assembly, inside `scratch`. */
  readonly assembly: string;
  /** Folder to remove when the assembly is no longer needed. */
  readonly scratch: string;
  readonly milliseconds: number;
}

/**
 * Synthesizes a CDK app with the CDK command line of the project, as a deployment would.
 * @param app command that runs the app; the one that `./cdk.json` names when absent
 */
export async function synthesize(app: string | undefined, folder: string, interrupted: AbortSignal): Promise<Synthesis> {
  if (app === undefined && !existsSync(join(folder, 'cdk.json'))) {
    throw new CommandError(
      EXIT.USAGE,
      `There is no cdk.json in ${folder}, so there is no app to run.`,
      'go to the folder of the CDK app, or name it with --app "npx tsx bin/app.ts", or an assembly with --assembly cdk.out',
    );
  }
  const start = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), 'mcp-fleet-synth-'));
  const assembly = join(scratch, 'cdk.out');
  const options = ['synth', '--quiet', '--no-notices', '--version-reporting=false', '--output', assembly];
  const child = spawn(process.execPath, [cdkCommand(folder), ...options, ...(app === undefined ? [] : ['--app', app])], {
    cwd: folder,
    // What CloudFormation would refuse is for `cdk synth` to say: looking for it takes four times as long as all the rest.
    env: { CDK_VALIDATION: 'false', ...process.env, ...OFFLINE },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: interrupted,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new CommandError(EXIT.NO, `The CDK app does not synthesize (cdk ended with ${code}):\n${output.trim()}`);
  return { assembly, scratch, milliseconds: performance.now() - start };
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
