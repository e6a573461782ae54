import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../suites/bundling';
import { ROOT } from '../../suites/root';

const WITHOUT_CLAIM = { real: 'gateway/claim.ts', by: 'test/chaos/without-ledger/claim.ts' };

/** Puts a gateway without the stage `claim` where the assembly has the real one; the product knows nothing of it. */
export async function replaceGateway(assembly: string): Promise<void> {
  const real = readFileSync(join(ROOT, 'dist/gateway/index.js'));
  const asset = readdirSync(assembly).find((name) => isSame(join(assembly, name, 'index.js'), real));
  if (asset === undefined) throw new Error(`No asset of ${assembly} holds the gateway.`);
  await bundle({ index: 'gateway/main.ts' }, join(assembly, asset), WITHOUT_CLAIM);
}

function isSame(file: string, content: Buffer): boolean {
  try {
    return readFileSync(file).equals(content);
  } catch {
    return false; // no such file: another kind of asset
  }
}
