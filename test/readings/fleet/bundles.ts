import { join } from 'node:path';
import { bundle, type Replacement } from '../../suites/bundling';

/** Files of the programs that run as processes of their own. */
export interface Programs {
  readonly gateway: string;
  readonly sidecar: string;
  /** The stdio server on the official SDK. */
  readonly stdioSdk: string;
  /** The stdio server that misbehaves as it is told. */
  readonly stdioWorst: string;
}

/** Bundles gateway and sidecar as their images get them, and the stdio servers. @param broken puts a broken module in place of a real one */
export async function bundlePrograms(folder: string, broken?: Replacement): Promise<Programs> {
  await bundle({ gateway: 'gateway/main.ts', sidecar: 'sidecar/main.ts' }, folder, broken);
  await bundle({ 'stdio-sdk': 'test/readings/servers/stdio-sdk.ts', 'stdio-worst': 'test/readings/servers/stdio-worst.ts' }, folder);
  const file = (name: string) => join(folder, `${name}.js`);
  return { gateway: file('gateway'), sidecar: file('sidecar'), stdioSdk: file('stdio-sdk'), stdioWorst: file('stdio-worst') };
}
