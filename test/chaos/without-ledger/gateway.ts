import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { BUNDLING } from '../../suites/bundling';
import { ROOT } from '../../suites/root';

const REAL = join(ROOT, 'gateway/claim.ts');
const IN_ITS_PLACE = join(ROOT, 'test/chaos/without-ledger/claim.ts');

/** Puts a gateway without the stage `claim` where the assembly has the real one; the product knows nothing of it. */
export async function replaceGateway(assembly: string): Promise<void> {
  const real = readFileSync(join(ROOT, 'dist/gateway/index.js'));
  const assets = readdirSync(assembly).map((name) => join(assembly, name, 'index.js'));
  const outfile = assets.find((file) => isSame(file, real));
  if (outfile === undefined) throw new Error(`No asset of ${assembly} holds the gateway.`);
  await build({
    ...BUNDLING,
    entryPoints: ['gateway/main.ts'],
    outfile,
    allowOverwrite: true,
    plugins: [withoutClaim],
  });
}

const withoutClaim: Plugin = {
  name: 'without-claim',
  setup: ({ onResolve, onEnd }) => {
    let replaced = 0;
    onResolve({ filter: /\/claim$/ }, ({ path, resolveDir }) => {
      if (join(resolveDir, `${path}.ts`) !== REAL) return undefined;
      replaced++;
      return { path: IN_ITS_PLACE };
    });
    onEnd(() => (replaced === 0 ? { errors: [{ text: 'nothing imports gateway/claim.ts any more' }] } : undefined));
  },
};

function isSame(file: string, content: Buffer): boolean {
  try {
    return readFileSync(file).equals(content);
  } catch {
    return false; // no such file: another kind of asset
  }
}
