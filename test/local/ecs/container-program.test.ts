import { chmodSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { executableOf, pathOf, readProgram } from '../../../local/ecs/container-program';
import { NpmPackages } from '../../../local/ecs/npm-package';
import type { ContainerHint, ContainerProgram, ContainerProperties } from '../../../local/ecs/task-definition';
import { commandInImage } from '../../../local/images/image';
import { scratchFolder } from '../fixtures/assembly';
import { contextOf, ImageMaker } from '../fixtures/images';

const maker = new ImageMaker();

interface Given {
  readonly dockerfile?: string;
  readonly files?: Record<string, string>;
  readonly container?: Partial<ContainerProperties>;
  readonly hint?: ContainerHint;
  readonly isSidecar?: boolean;
}

/** How a container of the image `shop` runs. */
function programOf({ dockerfile = '', files = {}, container = {}, hint = {}, isSidecar = false }: Given): Promise<ContainerProgram> {
  const folder = contextOf({ Dockerfile: `FROM node:24\nWORKDIR /app\nCOPY . .\n${dockerfile}`, ...files });
  const asset = { id: 'shop', folder, dockerfile: 'Dockerfile', buildArguments: {} };
  const assets = { file: () => undefined, fileNamedIn: () => undefined, image: (uri: string) => (uri === 'shop' ? asset : undefined) };
  const sources = { assets, images: maker.account(), packages: new NpmPackages(scratchFolder()) };
  return readProgram({ Name: 'server', Image: 'shop', ...container }, hint, sources, 'Shop/Task/server', isSidecar);
}

/** What is executed, with its arguments. */
function commandOf({ root, argv, cwd, path }: ContainerProgram): string[] {
  const [first = '', ...rest] = root === undefined ? argv : commandInImage(root, argv);
  return [executableOf(first, pathOf({ path }), cwd), ...rest];
}

describe('what a container runs', () => {
  test.each<[string, Partial<ContainerProperties>, string[]]>([
    ['CMD ["node", "index.js"]', {}, ['node', 'index.js']],
    ['CMD ["index.js"]', {}, ['node', 'index.js']],
    ['CMD ["--enable-source-maps", "index.js"]', {}, ['node', '--enable-source-maps', 'index.js']],
    ['CMD ["npm", "start"]', {}, ['npm', 'start']],
    ['COPY --chmod=755 run.sh .\nCMD ["./run.sh"]', {}, ['./run.sh']],
    ['CMD ["./index.js"]', {}, ['node', './index.js']],
    ['CMD node index.js $PORT', {}, ['/bin/sh', '-c', 'node index.js $PORT']],
    ['ENTRYPOINT ["node"]\nCMD ["index.js"]', {}, ['node', 'index.js']],
    ['ENTRYPOINT ["docker-entrypoint.sh"]\nCMD ["index.js"]', {}, ['node', 'index.js']],
    ['ENTRYPOINT node index.js', {}, ['/bin/sh', '-c', 'node index.js']],
    ['CMD ["index.js"]', { Command: ['other.js', '--fast'] }, ['node', 'other.js', '--fast']],
    ['ENTRYPOINT ["node"]\nCMD ["index.js"]', { Command: ['other.js'] }, ['node', 'other.js']],
    ['ENTRYPOINT ["node"]\nCMD ["index.js"]', { EntryPoint: ['npm'] }, ['npm']],
  ])('%s with %j', async (dockerfile, container, argv) => {
    const program = await programOf({ dockerfile, container, files: { 'index.js': '', 'run.sh': '', 'other.js': '' } });
    expect(program.argv).toEqual(argv);
    expect(program.cwd).toBe(join(program.root as string, 'app'));
  });

  test('paths of the image are found in it, alone and in a line for a shell', async () => {
    const files = { 'index.js': '', 'config.json': '' };
    const exec = await programOf({ dockerfile: 'ENTRYPOINT ["/usr/local/bin/node", "/app/index.js", "/etc/hosts", "/"]', files });
    expect(commandOf(exec)).toEqual([process.execPath, join(exec.root as string, 'app/index.js'), '/etc/hosts', '/']);
    const shell = await programOf({ dockerfile: 'CMD cd /app && exec node /app/index.js --config=/app/config.json >/dev/null', files });
    const here = `${shell.root}/app`;
    expect(commandOf(shell)).toEqual(['/bin/sh', '-c', `cd ${here} && exec node ${here}/index.js --config=${here}/config.json >/dev/null`]);
  });

  test('executables of the image come before those of this machine', async () => {
    const program = await programOf({ dockerfile: 'ENV PATH=/app/bin:$PATH\nCMD ["ls"]', files: { 'bin/ls': '' } });
    chmodSync(join(program.cwd, 'bin/ls'), 0o755);
    expect(commandOf(program)).toEqual([join(program.cwd, 'bin/ls')]);
  });

  test('an image that names no command is refused', async () => {
    await expect(programOf({})).rejects.toThrow('Shop/Task/server: neither its Dockerfile nor the task definition names a command');
  });

  test('an image that is not built from files is refused, with the way out', async () => {
    await expect(programOf({ container: { Image: 'acme/tickets:1' } })).rejects.toThrow(
      'the image acme/tickets:1 of Shop/Task/server: it is no asset of this assembly; add `localCommand` to the runtime of its server',
    );
  });
});

describe('a local command', () => {
  const before = process.cwd();
  let app: string;

  beforeEach(() => {
    app = realpathSync(scratchFolder());
    mkdirSync(join(app, 'node_modules/.bin'), { recursive: true });
    mkdirSync(join(app, 'servers/tickets/node_modules/.bin'), { recursive: true });
    for (const [folder, name] of [
      ['.', 'shared'],
      ['servers/tickets', 'own'],
    ]) {
      writeFileSync(join(app, folder as string, 'node_modules/.bin', name as string), '#!/bin/sh\n', { mode: 0o755 });
    }
    process.chdir(app);
  });

  afterEach(() => process.chdir(before));

  test.each([
    ['own', 'servers/tickets/node_modules/.bin/own'],
    ['shared', 'node_modules/.bin/shared'],
  ])('runs in the folder of its server, with what is installed there and above: %s', async (word, found) => {
    const program = await programOf({ hint: { command: [word], directory: 'servers/tickets' } });
    expect(program).toMatchObject({ cwd: join(app, 'servers/tickets'), environment: {} });
    expect(commandOf(program)).toEqual([join(app, found)]);
  });

  test("finds what is on the caller's own PATH, and an image's command does not", async () => {
    const before = process.env.PATH;
    const tools = scratchFolder();
    writeFileSync(join(tools, 'their-tool'), '#!/bin/sh\n', { mode: 0o755 });
    process.env.PATH = `${before}:${tools}`;
    try {
      expect(commandOf(await programOf({ hint: { command: ['their-tool'] } }))).toEqual([join(tools, 'their-tool')]);
      const program = await programOf({ dockerfile: 'ENTRYPOINT ["their-tool"]' });
      expect(() => commandOf(program)).toThrow('the command "their-tool" is not found on');
    } finally {
      process.env.PATH = before;
    }
  });

  test('runs in the folder of the app where its server has none, and needs no image', async () => {
    const program = await programOf({ hint: { command: ['shared'] }, container: { Image: 'acme/tickets:1' } });
    expect([program.cwd, ...commandOf(program)]).toEqual([app, join(app, 'node_modules/.bin/shared')]);
  });

  test('of a stdio server leaves the sidecar as it is, and lets its children find what is installed; the package is not', async () => {
    const npm = { package: 'not-in-any-registry', version: '0.0.0' };
    const hint = { npm, command: ['own'], directory: 'servers/tickets' };
    const program = await programOf({ hint, isSidecar: true, dockerfile: 'ENTRYPOINT ["node", "index.js"]' });
    expect(program.argv).toEqual(['node', 'index.js']);
    expect(program.path.slice(0, 2)).toEqual([join(app, 'servers/tickets/node_modules/.bin'), join(app, 'node_modules/.bin')]);
  });

  test('whose folder is not there is refused', async () => {
    await expect(programOf({ hint: { command: ['own'], directory: 'gone' } })).rejects.toThrow(
      `The local command of Shop/Task/server runs in gone, and there is no folder ${join(app, 'gone')}: run this in the folder of the app`,
    );
  });
});
