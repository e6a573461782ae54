import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lastRunFolder, newRunFolder } from '../../../local/logs/run-folders';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const NOBODY = 4_194_305; // above the largest process id of Linux
const run = (name: string) => {
  const path = join(folder, '.mcp-fleet/logs', name);
  mkdirSync(path, { recursive: true });
  return path;
};

test('each run has a folder of its own, which is not for others, nor for git', () => {
  const [one, other] = [newRunFolder(folder), newRunFolder(folder)];
  expect(one).not.toBe(other);
  expect(statSync(one).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(folder, '.mcp-fleet/.gitignore'), 'utf8')).toBe('*\n');
  expect([one, other]).toContain(lastRunFolder(folder));
});

test('of those that have ended the last one stays, and no running one goes', () => {
  const running = run(`20260101T000000000-${process.pid}`);
  const ended = ['20260102T000000000', '20260103T000000000', '20260104T000000000'].map((at) => run(`${at}-${NOBODY}`));
  const foreign = run('notes');
  newRunFolder(folder);
  expect([running, foreign, ...ended].filter(existsSync)).toEqual([running, foreign, ended[2]]);
});

test('where nothing ran there is none', () => {
  expect(lastRunFolder(folder)).toBeUndefined();
});
