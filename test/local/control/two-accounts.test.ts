import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { attach } from '../../../local/control-client';
import { lockFolder } from '../../../local/persist-lock';
import { startLocalAccount } from '../../../local/start';
import { scratchFolder } from '../fixtures/assembly';
import { shopAssembly } from '../fixtures/shop';

/** A pid that nobody has: the largest that Linux gives is 4194304. */
const NOBODY = 99_999_999;

test('two accounts in one folder are named; stopping one leaves the other reachable', async () => {
  const controlFolder = scratchFolder();
  const details: string[] = [];
  const start = () =>
    startLocalAccount({ assembly: shopAssembly(), port: 0, controlFolder, onPhase: ({ detail }) => details.push(detail) });
  const first = await start();
  const second = await start();
  try {
    expect(details.at(-1)).toBe(
      `every target is healthy; ${second.baseUrl}; another account runs here: pid ${process.pid} at ${first.baseUrl}`,
    );
    const attempt = attach(controlFolder);
    await expect(attempt).rejects.toMatchObject({
      code: 'SEVERAL_RUNNING',
      message: expect.stringMatching(/^2 local accounts run in .*--pid/),
    });
    await expect(attempt).rejects.toThrow(`pid ${process.pid} at ${first.baseUrl}`);
    await second.stop();
    expect((await attach(controlFolder)).baseUrl).toBe(first.baseUrl);
    expect((await attach(controlFolder, process.pid)).baseUrl).toBe(first.baseUrl);
    await expect(attach(controlFolder, NOBODY)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  } finally {
    await Promise.all([first.stop(), second.stop()]);
  }
  expect(readdirSync(join(controlFolder, '.mcp-fleet'))).toEqual(['.gitignore', 'logs']);
}, 60_000);

test('a folder of state is taken by one account, and free again after one that was killed', () => {
  const folder = scratchFolder();
  const release = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(/in use by pid \d+, another local account\. Stop it, or .*--persist/);
  release();
  writeFileSync(join(folder, 'in-use-by'), String(NOBODY));
  lockFolder(folder)();
  expect(readdirSync(folder)).toEqual([]);
});
