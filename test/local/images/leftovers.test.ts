import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { scratchFolder } from '../fixtures/assembly';
import { contextOf, ImageMaker } from '../fixtures/images';

const maker = new ImageMaker();
const imagesFolder = (): string => join(process.env.XDG_CACHE_HOME as string, 'cdk-mcp-fleet/images');

let started: number[] = [];
afterEach(() => {
  for (const pid of started.filter(isAlive)) process.kill(pid, 'SIGKILL');
  started = [];
});

/** A process that is dead and waits for a parent that never asks is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A script that starts another program in a group of its own, which writes into its folder and hears no SIGTERM; and then does more. */
function parent(pidFile: string, more = '', options = ''): string {
  const child = `process.on('SIGTERM', () => {}); setInterval(() => require('fs').writeFileSync('f' + Date.now(), ''), 5)`;
  return `const { pid } = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { detached: true, stdio: 'inherit', ${options} }).on('spawn', function () { this.unref(); });
require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(pid)); ${more}`;
}

function contextWith(script: string): string {
  return contextOf({ Dockerfile: 'FROM node:24\nWORKDIR /app\nCOPY a.js .\nRUN node a.js', 'a.js': script });
}

async function pidIn(file: string): Promise<number> {
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await new Promise((next) => setTimeout(next, 20));
  started.push(Number(readFileSync(file, 'utf8')));
  return started.at(-1) as number;
}

describe('what a RUN has started elsewhere', () => {
  test('ends with the RUN', async () => {
    const file = join(scratchFolder(), 'pid');
    const { root } = await maker.from(contextWith(parent(file)));
    expect(isAlive(await pidIn(file))).toBe(false);
    expect(existsSync(join(root, 'app/a.js'))).toBe(true);
    expect(readdirSync(imagesFolder()).filter((name) => name.includes('build'))).toEqual([]);
  });

  test('ends with the account, and the folder of the build goes with it', async () => {
    const file = join(scratchFolder(), 'pid');
    const images = maker.account();
    const asset = {
      id: 'a',
      folder: contextWith(parent(file, 'setInterval(() => {}, 1000);')),
      dockerfile: 'Dockerfile',
      buildArguments: {},
    };
    const failed = expect(images.image({ asset, path: 'Shop/Task/server', skipsRun: false })).rejects.toThrow(/was ended by SIGKILL/);
    const pid = await pidIn(file);
    await images.stop();
    await failed;
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(imagesFolder())).toEqual([]);
  });

  test('is not waited for where nobody can see whose it is', async () => {
    const file = join(scratchFolder(), 'pid');
    await maker.from(contextWith(parent(file, '', 'env: {}, cwd: "/tmp/"').replace("'f' + Date.now()", `'/dev/null'`)));
    expect(isAlive(await pidIn(file))).toBe(true);
  });
});

test('a build whose account was killed is cleared away at the next start; one that is under way, and one of another machine, is not', () => {
  const { pid: dead } = spawnSync('true');
  const own = hostname().replaceAll(/[^\w-]/g, '_');
  const names = [`k.build-${own}.${dead}-AbCdEf`, `k.build-${own}.${process.pid}-AbCdEf`, `k.build-another.${dead}-AbCdEf`, 'k'];
  for (const name of names) mkdirSync(join(imagesFolder(), name, '0/root'), { recursive: true });
  maker.account();
  expect(readdirSync(imagesFolder()).sort()).toEqual(names.slice(1).sort());
});
