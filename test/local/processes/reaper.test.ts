import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { scratchFolder } from '../fixtures/assembly';

/** An account in small: a process with a reaper that watches two programs, one of which has a child, and one that has left its group. */
const ACCOUNT = `
  const { startReaper } = require(process.argv[1]);
  const { spawn } = require('node:child_process');
  const reaper = startReaper(process.argv[2], process.argv[3]);
  const programs = ['sleep 1000 & echo $!; wait', 'exec sleep 1000'].map((command) => {
    const program = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] });
    reaper.watch(program.pid);
    console.log(program.pid);
    return program;
  });
  const forgotten = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  reaper.watch(forgotten.pid);
  reaper.forget(forgotten.pid);
  console.log('forgotten ' + forgotten.pid);
  const { Offspring } = require(process.argv[4]);
  const elsewhere = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore', env: { ...process.env, ...new Offspring().environment } });
  console.log('elsewhere ' + elsewhere.pid);
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('startReaper', () => {
  test('ends every program and removes what is left when the account is killed', async () => {
    const folder = join(scratchFolder(), 'with a space');
    mkdirSync(folder);
    const file = join(scratchFolder(), 'local.json');
    writeFileSync(file, '{}');
    const source = join(__dirname, '../../../local/processes/reaper.ts');
    const offspring = join(__dirname, '../../../sidecar/offspring.ts');
    const account = spawn(process.execPath, ['--import', 'tsx', '-e', ACCOUNT, source, folder, file, offspring], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    account.stdout.on('data', (chunk) => {
      output += chunk;
    });
    while ((output.match(/\n/g)?.length ?? 0) < 5) await once(account.stdout, 'data');
    const forgotten = Number(/forgotten (\d+)/.exec(output)?.[1]);
    const pids = (output.match(/^\d+$/gm) as string[]).map(Number);
    expect(pids).toHaveLength(3);
    // Only Linux tells what a process elsewhere was started by.
    if (process.platform === 'linux') pids.push(Number(/elsewhere (\d+)/.exec(output)?.[1]));
    expect(pids.every(isAlive)).toBe(true);

    account.kill('SIGKILL');

    while (pids.some(isAlive) || existsSync(folder) || existsSync(file)) await new Promise((next) => setTimeout(next, 20));
    expect(isAlive(forgotten)).toBe(true);
    process.kill(forgotten, 'SIGKILL');
  });
});
