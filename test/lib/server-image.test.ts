import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { type McpServer, ServerRuntime } from '../../lib';
import { baseImage, bundleFolder } from '../../lib/bundles';
import { containerOf, NPM_HTTP, NPM_STDIO, newFleet, newServer, resourceAt, templateOf } from './example-fleet';

const scratch = mkdtempSync(join(tmpdir(), 'server-image-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Folder in the assembly from which the image of a container is built, and its asset hash. */
function imageOf(server: McpServer, container: string): { folder: string; hash: string } {
  const template = templateOf(server);
  const hash = /:([0-9a-f]{64})$/.exec(containerOf(template, /tickets\/Task/, container).Image['Fn::Sub'])?.[1] ?? '';
  return { folder: join(Stage.of(server)?.outdir ?? '', `asset.${hash}`), hash };
}

const contentOf = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');

test('an npm package over HTTP: pinned, installed without scripts, run by name', () => {
  const { folder } = imageOf(newServer(), 'server');

  expect(readdirSync(folder).sort()).toEqual(['Dockerfile', 'package.json']);
  expect(JSON.parse(contentOf(folder, 'package.json'))).toEqual({ private: true, dependencies: { '@acme/tickets': '1.2.3' } });
  expect(contentOf(folder, 'Dockerfile')).toBe(`FROM ${baseImage()}
WORKDIR /app
COPY package.json ./
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund
ENV PATH=/app/node_modules/.bin:$PATH
USER node
ENTRYPOINT ["tickets"]
`);
});

test('an npm package over stdio: the sidecar is the entry point', () => {
  const { folder } = imageOf(newServer({ runtime: NPM_STDIO }), 'sidecar');

  expect(readdirSync(folder).sort()).toEqual(['Dockerfile', 'certificate.js', 'index.js', 'package.json']);
  expect(contentOf(folder, 'index.js')).toBe(readFileSync(join(bundleFolder('sidecar'), 'index.js'), 'utf8'));
  expect(contentOf(folder, 'Dockerfile')).toMatch(
    /RUN npm install[\s\S]*COPY index.js certificate.js[\s\S]*USER node\nENTRYPOINT \["node","index.js"\]\n$/,
  );
});

/** What npm writes of a package that needs one other. */
function lockOf(change: object = {}, root: object = { '@acme/tickets': '1.2.3' }): string {
  const digest = (character: string) => ({ integrity: `sha512-${character.repeat(86)}==` });
  const at = (name: string) => ({ resolved: `https://registry.npmjs.org/${name}.tgz` });
  const packages = {
    '': { dependencies: root },
    'node_modules/@acme/tickets': { version: '1.2.3', ...at('tickets'), ...digest('A'), dependencies: { left: '^1.0.0' } },
    'node_modules/left': { version: '1.0.7', ...at('left'), ...digest('B'), ...change },
  };
  const folder = mkdtempSync(join(scratch, 'lock-'));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
  return join(folder, 'package-lock.json');
}

const locked = (lockFile: string) => ServerRuntime.http({ package: '@acme/tickets', version: '1.2.3', port: 3000, lockFile });

test('a locked npm package: the lock is in the image, and nothing that is not in it is installed', () => {
  const lockFile = lockOf();
  const { folder } = imageOf(newServer({ runtime: locked(lockFile) }), 'server');

  expect(contentOf(folder, 'package-lock.json')).toBe(readFileSync(lockFile, 'utf8'));
  expect(contentOf(folder, 'Dockerfile')).toContain(
    'COPY package.json package-lock.json ./\nRUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund\n',
  );
});

test.each<[string, () => string, RegExp]>([
  [
    'that is not there',
    () => '/nowhere/package-lock.json',
    /which is no lock file; allowed: a package-lock.json that npm has written. In an empty folder: `npm init/,
  ],
  ['of another name', () => 'yarn.lock', /lockFile is "yarn.lock"; allowed: a file of the name package-lock.json/],
  [
    'of another version',
    () => lockOf({}, { '@acme/tickets': '^1.2.3' }),
    /a lock of @acme\/tickets@\^1.2.3; allowed: one of @acme\/tickets@1.2.3 alone/,
  ],
  ['of more', () => lockOf({}, { '@acme/tickets': '1.2.3', left: '1.0.7' }), /a lock of @acme\/tickets@1.2.3, left@1.0.7; allowed/],
  ['without a digest', () => lockOf({ integrity: undefined }), /1 packages without a digest, such as node_modules\/left/],
  ['with a weak digest', () => lockOf({ integrity: 'sha1-AAAA' }), /1 packages without a digest/],
  ['with a repository', () => lockOf({ resolved: 'git+ssh://git@github.com/acme/left.git#abc' }), /1 packages without a digest/],
  ['with a link', () => lockOf({ link: true }), /1 packages without a digest/],
])('a lock %s is refused', (_, lockFile, message) => {
  expect(() => newServer({ runtime: locked(lockFile()) })).toThrow(message);
});

test('a folder over stdio: copied beside the sidecar, nothing installed', () => {
  const directory = join(scratch, 'program');
  mkdirSync(directory);
  writeFileSync(join(directory, 'main.js'), '// a server\n');
  const runtime = ServerRuntime.stdio({ directory, command: ['node', 'server/main.js'] });
  const { folder } = imageOf(newServer({ runtime }), 'sidecar');

  expect(contentOf(folder, 'server/main.js')).toBe('// a server\n');
  expect(contentOf(folder, 'Dockerfile')).toContain('COPY server ./server');
  expect(contentOf(folder, 'Dockerfile')).not.toContain('npm install');
});

test('a folder with a Dockerfile is its image', () => {
  const directory = join(scratch, 'image');
  mkdirSync(directory);
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n');
  const { folder } = imageOf(newServer({ runtime: ServerRuntime.http({ directory, port: 3000 }) }), 'server');

  expect(contentOf(folder, 'Dockerfile')).toBe('FROM scratch\n');
});

test('two synths make the same image, and leave nothing behind', () => {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = mkdtempSync(join(scratch, 'tmp-'));
  try {
    expect(imageOf(newServer(), 'server').hash).toBe(imageOf(newServer(), 'server').hash);
    expect(readdirSync(process.env.TMPDIR)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
});

test.each([
  ['an npm package', NPM_HTTP, { server: { npm: { package: '@acme/tickets', version: '1.2.3', bin: 'tickets' } } }],
  ['an npm package over stdio', NPM_STDIO, { sidecar: { npm: { package: '@acme/notes', version: '4.5.6', bin: 'notes' } } }],
  [
    'an image with a local command',
    ServerRuntime.http({ image: ContainerImage.fromRegistry('acme/tickets:1'), port: 3000, localCommand: ['node', 'tickets.js'] }),
    { server: { command: ['node', 'tickets.js'] } },
  ],
  [
    'a package over stdio with a local command',
    ServerRuntime.stdio({ package: '@acme/notes', version: '4.5.6', localCommand: ['node', 'notes.js'] }),
    { sidecar: { npm: { package: '@acme/notes', version: '4.5.6', bin: 'notes' }, command: ['node', 'notes.js'] } },
  ],
  [
    'a package with a command of its own',
    ServerRuntime.stdio({ package: '@acme/notes', version: '4.5.6', command: ['sh', '-c', 'exec notes'] }),
    { sidecar: { npm: { package: '@acme/notes', version: '4.5.6' } } },
  ],
  ['an image without one', ServerRuntime.http({ image: ContainerImage.fromRegistry('acme/tickets:1'), port: 3000 }), undefined],
])('the template says how %s runs outside its image', (_, runtime, containers) => {
  const task = resourceAt(templateOf(newServer({ runtime })), 'AWS::ECS::TaskDefinition', /tickets\/Task/);

  expect(task.Metadata?.['cdk-mcp-fleet:containers']).toEqual(containers);
});

test.each(['http', 'stdio'] as const)('a local command over %s names the folder in which it runs, as the app sees it', (kind) => {
  const directory = mkdtempSync(join(scratch, 'local-'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM node:24\n');
  const common = { directory, localCommand: ['npx', 'tsx', 'main.ts'] };
  const runtime =
    kind === 'http'
      ? ServerRuntime.http({ ...common, port: 3000 })
      : ServerRuntime.stdio({ ...common, command: ['node', 'server/main.js'] });
  const task = resourceAt(templateOf(newServer({ runtime })), 'AWS::ECS::TaskDefinition', /tickets\/Task/);

  const hint = { command: ['npx', 'tsx', 'main.ts'], directory: relative('', directory) };
  expect(task.Metadata?.['cdk-mcp-fleet:containers']).toEqual(kind === 'http' ? { server: hint } : { sidecar: hint });
});

test('the folders that images are built from are told to who asks for them, and to nobody else', () => {
  const directory = mkdtempSync(join(scratch, 'built-'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM node:24\n');
  const runtimes = {
    http: ServerRuntime.http({ directory, port: 3000 }),
    image: ServerRuntime.http({ image: ContainerImage.fromAsset(directory), port: 3000 }),
    stdio: ServerRuntime.stdio({ directory, command: ['node', 'server/main.js'] }),
  };
  const hints = (runtime: ServerRuntime, context: Record<string, string>) => {
    const server = newServer(
      { runtime },
      newFleet(new Stack(new App({ context: { ...context, 'aws:cdk:enable-path-metadata': true } }), 'Shop')),
    );
    return Object.values(
      resourceAt(templateOf(server), 'AWS::ECS::TaskDefinition', /tickets\/Task/).Metadata?.['cdk-mcp-fleet:containers'] ?? {},
    );
  };
  for (const runtime of Object.values(runtimes)) {
    expect(hints(runtime, { 'cdk-mcp-fleet:sources': 'true' })).toEqual([{ builtFrom: relative('', directory) }]);
    expect(hints(runtime, {})).toEqual([]);
  }
});

test('a command of its own replaces the executable of a package', () => {
  const runtime = ServerRuntime.stdio({ package: '@acme/notes', version: '4.5.6', command: ['sh', '-c', 'exec notes'] });
  const template = templateOf(newServer({ runtime }));
  const { Value } = containerOf(template, /tickets\/Task/, 'sidecar').Environment?.find(({ Name }) => Name === 'MCP_FLEET_SIDECAR') ?? {};

  expect(JSON.parse(String(Value)).runtime.command).toEqual(['sh', '-c', 'exec notes']);
});

test('bundles are found from the package root', () => {
  expect(existsSync(join(bundleFolder('gateway'), 'Dockerfile'))).toBe(true);
  expect(() => bundleFolder('nothing' as 'gateway')).toThrow(/dist\/nothing\/index.js is missing: run `npm run build`/);
});
