// Bundles every program of the runtime into dist/: one file each, nothing to install where it runs.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

/** Programs that run in AWS: CommonJS for Node 24, no source maps, so that two builds are byte-identical. */
const deployed = {
  'gateway/index': 'gateway/main.ts',
  'sidecar/index': 'sidecar/main.ts',
  'lambda/authorizer/index': 'lambda/authorizer.ts',
  'lambda/allowlist-sync/index': 'lambda/allowlist-sync.ts',
  'lambda/ledger-janitor/index': 'lambda/ledger-janitor.ts',
  'examples/payments/index': 'examples/payments/main.ts',
};

const common = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'none',
};

await rm(dist, { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: Object.entries(deployed).map(([out, source]) => ({ in: source, out })),
    format: 'cjs',
    mainFields: ['module', 'main'],
  }),
  // What agents import runs wherever there is a global fetch, and may be imported or required.
  ...['esm', 'cjs'].map((format) =>
    build({
      ...common,
      entryPoints: [{ in: 'client/index.ts', out: 'client/index' }],
      format,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
    }),
  ),
  // The command line runs on a developer's machine and finds its libraries in node_modules.
  build({
    ...common,
    entryPoints: [{ in: 'bin/mcp-fleet.ts', out: 'bin/mcp-fleet' }],
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    packages: 'external',
  }),
]);

for (const image of ['gateway', 'sidecar', 'examples/payments']) {
  await mkdir(join(dist, image), { recursive: true });
  await cp(join(root, 'build/images/Dockerfile'), join(dist, image, 'Dockerfile'));
}
// Programs of the local account that run as files of their own.
await cp(join(root, 'local/programs'), join(dist, 'bin/programs'), { recursive: true });
await writeFile(join(dist, 'BUILD'), 'ok\n');
