// Bundles every program of the runtime into dist/: one file each, nothing to install where it runs.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { noticesOf } from './notices.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

/** Programs that run in AWS: CommonJS for Node 24, no source maps, so that two builds are byte-identical. */
const deployed = {
  'gateway/index': 'gateway/main.ts',
  'gateway/certificate': 'core/target-certificate.ts',
  'sidecar/index': 'sidecar/main.ts',
  'sidecar/certificate': 'core/target-certificate.ts',
  'lambda/authorizer/index': 'lambda/authorizer.ts',
  'lambda/allowlist-sync/index': 'lambda/allowlist-sync.ts',
  'lambda/key-rotation/index': 'lambda/key-rotation.ts',
  'lambda/ledger-archiver/index': 'lambda/ledger-archiver.ts',
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
  metafile: true,
};

/** dynalite names its modules by an expression, which a bundler understands once the ending is part of it. */
const dynaliteModules = {
  name: 'modules that dynalite names by an expression',
  setup: ({ onLoad }) =>
    onLoad({ filter: /node_modules\/dynalite\/index\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(/require\(('\.\/\w+\/') \+ action\)/g, "require($1 + action + '.js')"),
    })),
};

/** Its index takes in all of it: half a megabyte that each replica would read at its start. */
const lessOfUndici = {
  name: 'what the deployed programs need of undici',
  setup: ({ onResolve }) => onResolve({ filter: /^undici$/ }, () => ({ path: join(root, 'build/undici.mjs') })),
};

/** Beside a program, for it to be read where it is asked for alone. */
const readWhenAsked = {
  name: 'what programs read when they are asked to',
  setup: ({ onResolve }) => onResolve({ filter: /\/target-certificate$/ }, () => ({ path: './certificate.js', external: true })),
};

await rm(dist, { recursive: true, force: true });
const bundles = await Promise.all([
  build({
    ...common,
    entryPoints: Object.entries(deployed).map(([out, source]) => ({ in: source, out })),
    format: 'cjs',
    mainFields: ['module', 'main'],
    plugins: [lessOfUndici, readWhenAsked],
    // The AWS SDK's `import('node:http')` would load, for the names of its module, all that Node has of fetch and WebSocket.
    supported: { 'dynamic-import': false },
    // Names stay: they are in stack traces, and errors of libraries are told apart by them.
    minifySyntax: true,
    minifyWhitespace: true,
  }),
  // The constructs: one file beside the two peers.
  build({
    ...common,
    entryPoints: [{ in: 'lib/index.ts', out: 'lib/index' }],
    format: 'cjs',
    mainFields: ['module', 'main'],
    external: ['aws-cdk-lib', 'constructs'],
    keepNames: true, // problems name the classes
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
  // The command line and the programs of its local account: whoever composes a fleet installs none of what they need.
  build({
    ...common,
    entryPoints: [
      { in: 'bin/mcp-fleet.ts', out: 'bin/mcp-fleet' },
      { in: 'bin/mcp-fleet-docker.ts', out: 'bin/mcp-fleet-docker' },
      { in: 'local/programs/identity.mjs', out: 'bin/programs/identity' },
    ],
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    mainFields: ['module', 'main'],
    // Some of them are CommonJS and ask for Node's own modules when they run.
    banner: { js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);" },
  }),
  build({
    ...common,
    entryPoints: [{ in: 'local/programs/dynamodb.cjs', out: 'bin/programs/dynamodb' }],
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    plugins: [dynaliteModules],
  }),
]);

for (const image of ['gateway', 'sidecar', 'examples/payments']) {
  await mkdir(join(dist, image), { recursive: true });
  await cp(join(root, 'build/images/Dockerfile'), join(dist, image, 'Dockerfile'));
}
// What `mcp-fleet init` lays out.
await cp(join(root, 'bin/template'), join(dist, 'bin/template'), { recursive: true });
// Programs of the local account that need nothing else, and the native half of the tables that persist.
for (const program of ['lambda-runtime.cjs', 'cfn-response.cjs', 'loopback-preload.cjs']) {
  await cp(join(root, 'local/programs', program), join(dist, 'bin/programs', program));
}
for (const platform of ['linux-x64', 'linux-arm64', 'darwin-x64+arm64']) {
  const prebuilt = join('prebuilds', platform);
  await cp(join(root, 'node_modules/classic-level', prebuilt), join(dist, 'bin/programs', prebuilt), { recursive: true });
}
// What a plan's chart is made a PNG with: the renderer, which is the same on every platform, and a font for machines that have none.
const renderer = 'node_modules/@resvg/resvg-wasm';
const font = 'node_modules/@fontsource/roboto';
await cp(join(root, renderer, 'index_bg.wasm'), join(dist, 'bin/picture/index_bg.wasm'));
for (const weight of [400, 700]) {
  const file = `roboto-latin-${weight}-normal.woff2`;
  await cp(join(root, font, 'files', file), join(dist, 'bin/picture', file));
}
const metafiles = bundles.map(({ metafile }) => metafile);
await writeFile(join(dist, 'THIRD-PARTY-NOTICES.txt'), await noticesOf(metafiles, root, [renderer, font]));
