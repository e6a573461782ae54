import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { synthesize } from '../../bin/synthesize';
import { folderOf, scratchFolder } from '../local/fixtures/assembly';

/** Apps that write what a CDK app would, so that only the CDK command line takes its time. */
const app = (manifest: object, more = '') => `
  const { mkdirSync, writeFileSync } = require('node:fs');
  const folder = process.env.CDK_OUTDIR;
  mkdirSync(folder, { recursive: true });
  writeFileSync(folder + '/manifest.json', JSON.stringify(${JSON.stringify({ version: '48.0.0', artifacts: {}, ...manifest })}));
  ${more}
`;
const ZONES = { key: 'availability-zones:account=1:region=r', provider: 'availability-zones', props: { account: '1', region: 'r' } };

const own = process.env.TMPDIR;
let temporary: string;

beforeEach(() => {
  temporary = scratchFolder();
  process.env.TMPDIR = temporary;
});

afterEach(() => {
  if (own === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = own;
});

const left = () => readdirSync(temporary).filter((name) => name.startsWith('mcp-fleet-'));
const run = (folder: string, signal = new AbortController().signal) =>
  synthesize({ app: 'node app.cjs', context: ['a=b'] }, folder, signal);

describe('synthesize', () => {
  test('takes dummies for look-ups that nobody answers, and writes nothing beside the app', async () => {
    const folder = folderOf({ 'app.cjs': app({ missing: [ZONES] }) });
    const { assembly, missing, dispose } = await run(folder);
    expect(missing).toEqual([ZONES.key]);
    expect(existsSync(join(assembly, 'manifest.json'))).toBe(true);
    expect(readdirSync(folder)).toEqual(['app.cjs']);
    await dispose();
    expect(left()).toEqual([]);
  });

  test('fails with what the app said, and leaves nothing', async () => {
    const folder = folderOf({ 'app.cjs': app({ missing: [ZONES] }, 'console.error("no such bank"); process.exit(3);') });
    await expect(run(folder)).rejects.toThrow(/does not synthesize[\s\S]*no such bank/);
    expect(left()).toEqual([]);
  });

  test('ends the app too when it is interrupted, and leaves nothing', async () => {
    const pidFile = join(scratchFolder(), 'pid');
    const folder = folderOf({
      'app.cjs': `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`,
    });
    const controller = new AbortController();
    const running = run(folder, controller.signal);
    running.catch(() => {});
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await new Promise((next) => setTimeout(next, 20));
    controller.abort();
    await expect(running).rejects.toThrow();
    const pid = Number(readFileSync(pidFile, 'utf8'));
    for (;;) {
      try {
        process.kill(pid, 0);
      } catch {
        break;
      }
      await new Promise((next) => setTimeout(next, 20));
    }
    expect(left()).toEqual([]);
  });
});
