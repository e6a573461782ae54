import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { scratchFolder } from '../fixtures/assembly';
import { contextOf, ImageMaker } from '../fixtures/images';

const maker = new ImageMaker();
const textOf = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

describe('a Dockerfile', () => {
  test('lays out files and says what runs', async () => {
    const image = await maker.make(
      `FROM node:24
WORKDIR /app
COPY index.js ./
ENV COLOR=blue
ENV GREETING="hello $COLOR" OLD=\${MISSING:-none}
USER node
EXPOSE 80
ENTRYPOINT ["node", "index.js"]
CMD ["--port", "80"]`,
      { 'index.js': 'run()' },
    );
    expect(image).toMatchObject({ workdir: '/app', entrypoint: ['node', 'index.js'], command: ['--port', '80'] });
    expect(image.environment).toMatchObject({ COLOR: 'blue', GREETING: 'hello blue', OLD: 'none' });
    expect(textOf(image.root, 'app/index.js')).toBe('run()');
  });

  test('ARG, ENV and what is given from outside, as Docker ranks them', async () => {
    const { environment } = await maker.make(
      `ARG TAG=24
ARG COLOR=red
FROM node:\${TAG}-slim
ENV BEFORE=$COLOR
ARG COLOR
ARG SIZE=small
ENV COLOR_SEEN=$COLOR SIZE_SEEN="$SIZE"
ENV SIZE=fixed
ARG SIZE=other
ENV AFTER=$SIZE`,
      {},
      { buildArguments: { COLOR: 'green' } },
    );
    expect(environment).toMatchObject({ BEFORE: '', COLOR_SEEN: 'green', SIZE_SEEN: 'small', AFTER: 'fixed' });
    expect(environment).not.toHaveProperty('COLOR');
  });

  test('an entry point of its own drops the command of its base, and keeps its own', async () => {
    const stages = (last: string) => `FROM node:24 AS base\nCMD ["base.js"]\nFROM base\n${last}`;
    expect(await maker.make(stages('ENTRYPOINT ["node"]'))).toMatchObject({ entrypoint: ['node'], command: [] });
    expect(await maker.make(stages('CMD ["own.js"]\nENTRYPOINT ["node"]'))).toMatchObject({ command: ['own.js'] });
    expect(await maker.make(stages('USER node'))).toMatchObject({ command: ['base.js'], inheritsEntrypoint: true });
  });

  test('stages: what is copied from an earlier one, by name and by number; what nobody needs is not made', async () => {
    const image = await maker.make(
      `FROM node:24 AS Build
WORKDIR /src
COPY . .
RUN node -e "require('fs').writeFileSync('out.txt', 'built')"
FROM golang:1 AS unused
RUN make
FROM node:24-slim
COPY --from=build --chown=node:node /src/out.txt /app/
COPY --from=0 /src/index.js /app/main.js`,
      { 'index.js': 'run()' },
    );
    expect([textOf(image.root, 'app/out.txt'), textOf(image.root, 'app/main.js')]).toEqual(['built', 'run()']);
  });

  test('the stage that the assembly names is the image', async () => {
    const dockerfile = 'FROM node:24 AS one\nENV WHICH=one\nFROM node:24\nENV WHICH=two';
    expect((await maker.make(dockerfile, {}, { target: 'one' })).environment.WHICH).toBe('one');
    await expect(maker.make(dockerfile, {}, { target: 'three' })).rejects.toThrow('it has no stage three');
  });

  test('every instruction that needs Docker is named with its line and the way out, all at once, before anything is made', async () => {
    const folder = contextOf({
      Dockerfile: `FROM node:24
RUN node -e "require('fs').writeFileSync('/tmp/never', '')" \\
  # why
  && apt-get update
SHELL ["/bin/bash", "-c"]
COPY <<EOF /x
text
EOF
ADD https://a.example/x.tar /
COPY --from=nginx /etc/nginx /etc/nginx`,
    });
    const error = (await maker.from(folder).catch((failed) => failed)) as Error & { code: string };
    const file = join(folder, 'Dockerfile');
    expect(error.code).toBe('UNSUPPORTED');
    for (const [keyword, line, why] of [
      ['RUN', 2, 'apt-get cannot be run; only npm, npx, pnpm, yarn, node'],
      ['SHELL', 5, 'only Docker can carry it out'],
      ['COPY', 6, 'it has a heredoc'],
      ['ADD', 9, 'it downloads'],
      ['COPY', 10, 'it copies from nginx, which is no earlier stage'],
    ]) {
      expect(error.message).toContain(`${keyword} in ${file}:${line} (Shop/Task/server): ${why}`);
    }
    expect(error.message).toContain("add `localCommand` to the runtime of its server, such as localCommand: ['node', 'server.js']");
    expect(existsSync('/tmp/never')).toBe(false);
  });
});

describe('of a folder that CDK has staged, a Dockerfile goes by its container', () => {
  test.each([
    ['FROM node:24\nRUN apt-get update', 'RUN in Dockerfile:2 of Shop/Task/server: apt-get cannot be run'],
    ['FROM node:24\n\nCOPY gone /', 'COPY in Dockerfile:3 of Shop/Task/server: gone is not in the build context'],
    ['# nothing', 'Dockerfile of Shop/Task/server: it has no FROM'],
    [undefined, 'Dockerfile of Shop/Task/server: there is no such file'],
  ])('%j', async (dockerfile, why) => {
    const folder = contextOf(dockerfile === undefined ? {} : { Dockerfile: dockerfile });
    const error = (await maker.from(folder, { source: undefined }).catch((failed) => failed)) as Error;
    expect(error.message).toContain(why);
    expect(error.message).not.toContain(folder);
  });
});

describe('RUN', () => {
  const record = `node -e "require('fs').writeFileSync('env.json', JSON.stringify(process.env))"`;

  test('sees nothing of the caller but Node and the system', async () => {
    process.env.CALLERS_SECRET = 'hunter2';
    process.env.HTTPS_PROXY = 'http://me:hunter2@proxy.example';
    try {
      const { root } = await maker.make(`FROM node:24\nARG MODE=fast\nENV COLOR=blue\nWORKDIR /app\nRUN ${record}`);
      const env = JSON.parse(textOf(root, 'app/env.json')) as Record<string, string>;
      expect(env).toMatchObject({ MODE: 'fast', COLOR: 'blue' });
      expect(JSON.stringify(env)).not.toContain('hunter2');
      const [home = '', ...path] = [env.HOME, ...(env.PATH ?? '').split(':')];
      expect(home).toMatch(/\.build-.*\/root$/);
      expect(path.filter((folder) => !folder.includes('.build-') && !/^\/(usr\/(local\/)?)?bin$/.test(folder))).toEqual(
        [join(process.execPath, '..')].filter((folder) => folder !== '/usr/bin' && folder !== '/usr/local/bin'),
      );
    } finally {
      delete process.env.CALLERS_SECRET;
      delete process.env.HTTPS_PROXY;
    }
  });

  test('installs what a package.json names, in folders of the image only', async () => {
    const image = await maker.make(
      `FROM node:24
WORKDIR /app
COPY . .
RUN npm install --no-audit --no-fund && npm run build && npm cache clean --force
RUN npm install --global ./tool
CMD ["npm", "start"]`,
      {
        'package.json': JSON.stringify({ scripts: { build: 'node build.js' }, dependencies: { part: 'file:./part' } }),
        'build.js': "require('fs').writeFileSync('built.txt', require('part'))",
        'part/package.json': JSON.stringify({ name: 'part', version: '1.0.0' }),
        'part/index.js': "module.exports = 'from part'",
        'tool/package.json': JSON.stringify({ name: 'tool', version: '1.0.0', bin: 'tool.js' }),
        'tool/tool.js': '#!/usr/bin/env node\n',
      },
    );
    expect(textOf(image.root, 'app/built.txt')).toBe('from part');
    expect(existsSync(join(image.root, 'usr/local/bin/tool'))).toBe(true);
    expect(textOf(image.root, 'app/node_modules/part/index.js')).toContain('from part');
  });

  test('is done once for the same content, and again for another', async () => {
    const dockerfile = `FROM node:24\nWORKDIR /app\nCOPY . .\nRUN node -e "require('fs').writeFileSync('when', String(process.hrtime.bigint()))"`;
    const when = async (files: Record<string, string>) => textOf((await maker.make(dockerfile, files)).root, 'app/when');
    const first = await when({ 'a.js': '1' });
    expect(await when({ 'a.js': '1' })).toBe(first);
    expect(await when({ 'a.js': '2' })).not.toBe(first);
    expect(await when({ 'b.js': '1' })).not.toBe(first);
    // What is left out of the context changes nothing.
    const ignoring = { 'a.js': '1', '.dockerignore': 'log' };
    expect(await when({ ...ignoring, log: 'x' })).toBe(await when({ ...ignoring, log: 'y' }));
  });

  test('what a server writes into its image stays out of the next run', async () => {
    const dockerfile = 'FROM node:24\nWORKDIR /app\nCOPY . .\nRUN true && node -e 1';
    const { root } = await maker.make(dockerfile, { state: 'fresh' });
    writeFileSync(join(root, 'app/state'), 'used');
    expect(textOf((await maker.make(dockerfile, { state: 'fresh' })).root, 'app/state')).toBe('fresh');
  });

  test('two accounts may make one image at once', async () => {
    const folder = contextOf({ Dockerfile: "FROM node:24\nWORKDIR /app\nRUN node -e \"require('fs').writeFileSync('x', '1')\"" });
    const images = await Promise.all([1, 2, 3].map(() => maker.from(folder)));
    expect(images.map(({ root }) => textOf(root, 'app/x'))).toEqual(['1', '1', '1']);
    expect(readdirSync(join(process.env.XDG_CACHE_HOME as string, 'cdk-mcp-fleet/images')).filter((name) => /build/.test(name))).toEqual(
      [],
    );
  });

  test('that fails names its line, how it ended and its last lines, and leaves no image', async () => {
    const folder = contextOf({ Dockerfile: 'FROM node:24\n\nRUN true && \\\n  node -e "console.error(\'no disk\'); process.exit(7)"' });
    const attempt = maker.from(folder);
    await expect(attempt).rejects.toThrow(
      /^RUN in .*Dockerfile:3 .* exited with code 7; its last lines:\n {6}no disk\n {2}fix {2}correct it, or add `localCommand`/,
    );
    expect(readdirSync(join(process.env.XDG_CACHE_HOME as string, 'cdk-mcp-fleet/images'))).toEqual([]);
  });

  test('ends with its account, and leaves nothing half made', async () => {
    const folder = contextOf({ Dockerfile: 'FROM node:24\nWORKDIR /app\nRUN node -e "setInterval(() => {}, 1000)"' });
    const images = maker.account();
    const told = maker.told.length;
    const asset = { id: 'a', folder, dockerfile: 'Dockerfile', buildArguments: {} };
    const failed = expect(images.image({ asset, path: 'Shop/Task/server', skipsRun: false })).rejects.toThrow(/was ended by SIGKILL/);
    // It is told of once it takes its time.
    while (maker.told.length === told) await new Promise((next) => setTimeout(next, 20));
    expect(maker.told.at(-1)).toBe('Shop/Task/server: line 3, RUN node -e "setInterval(() => {}, 1000)"');
    await images.stop();
    await failed;
    expect(readdirSync(join(process.env.XDG_CACHE_HOME as string, 'cdk-mcp-fleet/images'))).toEqual([]);
  });

  test('links that it leaves lead to the copy that is run', async () => {
    const { root } = await maker.make(
      `FROM node:24\nWORKDIR /app\nCOPY a.js .\nRUN node -e "require('fs').symlinkSync(process.cwd() + '/a.js', 'absolute.js')"`,
      { 'a.js': '1' },
    );
    writeFileSync(join(root, 'app/absolute.js'), 'changed');
    expect(textOf(root, 'app/a.js')).toBe('changed');
  });

  test('sees files that are mounted for it, and only it', async () => {
    const { root } = await maker.make(
      `FROM node:24\nWORKDIR /app\nRUN --mount=type=bind,source=note.txt,target=note.txt --mount=type=cache,target=/root/.npm node -e "require('fs').copyFileSync('note.txt', 'kept.txt')"`,
      { 'note.txt': 'hello' },
    );
    expect(readdirSync(join(root, 'app'))).toEqual(['kept.txt']);
  });
});

describe('nothing outside of the image is written or read', () => {
  test('a link of the context, and paths through it, lead where they would in the image', async () => {
    const outside = scratchFolder();
    writeFileSync(join(outside, 'secret'), 'hunter2');
    const folder = contextOf({
      Dockerfile: 'FROM node:24\nCOPY files /app\nCOPY note /app/out/note\nCOPY note /app/up/note',
      note: 'n',
      'files/a': '',
    });
    mkdirSync(join(folder, 'files/deep'));
    symlinkSync(outside, join(folder, 'files/out'));
    symlinkSync('../../../../../..', join(folder, 'files/up'));
    symlinkSync('../a', join(folder, 'files/deep/sibling'));
    const { root } = await maker.from(folder);
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(textOf(root, join(outside, 'note'))).toBe('n');
    expect(textOf(root, 'note')).toBe('n');
    expect(textOf(root, 'app/deep/sibling')).toBe('');
  });

  test.each([
    ['COPY ../x /', {}, '../x is outside of the build context'],
    ['COPY gone /', {}, 'gone is not in the build context'],
    ['COPY out /', {}, 'out is a link that leads out of the build context, or nowhere'],
    ['COPY *.txt /', {}, '*.txt is not in the build context'],
    ['COPY a log /x/', { '.dockerignore': 'log' }, 'log is not in the build context; .dockerignore leaves it out'],
    ['COPY a log /x', {}, '/x must end with /: 2 sources go into it'],
  ])('%s', async (instruction, files, why) => {
    const folder = contextOf({ Dockerfile: `FROM node:24\n${instruction}`, a: '', log: '', ...files });
    symlinkSync('/etc/passwd', join(folder, 'out'));
    await expect(maker.from(folder)).rejects.toThrow(`COPY in ${join(folder, 'Dockerfile')}:2 (Shop/Task/server): ${why}`);
  });
});
