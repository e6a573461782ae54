import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { ROOT } from '../root';

/** Files of the programs that run as processes of their own. */
export interface Programs {
  readonly gateway: string;
  readonly sidecar: string;
  /** The stdio server on the official SDK. */
  readonly stdioSdk: string;
  /** The stdio server that misbehaves as it is told. */
  readonly stdioWorst: string;
}

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
} satisfies BuildOptions;

/** Bundles gateway and sidecar as their images get them, and the stdio servers. @param replacing puts a broken module in place of a real one */
export async function bundlePrograms(folder: string, replacing?: Plugin): Promise<Programs> {
  const entryPoints = {
    gateway: 'gateway/main.ts',
    sidecar: 'sidecar/main.ts',
    'stdio-sdk': 'test/readings/servers/stdio-sdk.ts',
    'stdio-worst': 'test/readings/servers/stdio-worst.ts',
  };
  await build({ ...COMMON, entryPoints, outdir: folder, plugins: replacing === undefined ? [] : [replacing] });
  const file = (name: string) => join(folder, `${name}.js`);
  return { gateway: file('gateway'), sidecar: file('sidecar'), stdioSdk: file('stdio-sdk'), stdioWorst: file('stdio-worst') };
}
