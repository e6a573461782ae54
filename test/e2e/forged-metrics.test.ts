import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { openClient } from '../../checks/agent-client';
import type { LocalAccount, LogLine } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { FORGED_VALUE, FORGERS, forgerApp } from '../apps/forger';
import { scratchFolder } from '../local/fixtures/assembly';

/** Servers of every runtime print metrics in another server's name. The account takes metrics as CloudWatch does: by the log group's class. */

let account: LocalAccount | undefined;

afterEach(async () => {
  await account?.stop();
  account = undefined;
});

async function run(change: (template: string) => string = (template) => template) {
  const assembly = join(scratchFolder(), 'cdk.out');
  forgerApp(assembly);
  const path = join(assembly, 'Shop.template.json');
  const template = readFileSync(path, 'utf8');
  const changed = change(template);
  if (changed !== template) writeFileSync(path, changed);
  const lines: LogLine[] = [];
  const running = await startLocalAccount({
    assembly,
    port: 0,
    controlFolder: scratchFolder(),
    scalingSpeed: 10,
    onLog: (line) => lines.push(line),
  });
  account = running;
  // A stdio server has no process before somebody asks for one.
  const token = await running.token('asker');
  const clients = await Promise.all(FORGERS.map((name) => openClient('v1', `${running.baseUrl}/${name}/mcp`, token)));
  const saidBy = (name: string) => lines.filter(({ server, text }) => server === name && text.includes(String(FORGED_VALUE)));
  const hasMetrics = (name: string) => running.datapoints().some(({ dimensions }) => dimensions.Server === name);
  while (!FORGERS.every((name) => saidBy(name).length > 2 && hasMetrics(name))) await new Promise((next) => setTimeout(next, 50));
  await Promise.all(clients.map((client) => client.close()));
  return { points: running.datapoints(), lines, saidBy };
}

it('no line of a server is a metric, whatever runs it; those of its sidecar are', async () => {
  const { points, lines } = await run();
  expect(points.filter(({ value, dimensions }) => value === FORGED_VALUE || dimensions.Server === 'payments')).toEqual([]);
  // Root starts each child as a user of its own here, too, where that one may read the files: it then has no way to its sidecar's output.
  if (process.getuid?.() !== 0) return;
  const begun = lines.filter(({ server, text }) => server === 'stdio-directory' && text.includes('"listening"'));
  expect(begun.map(({ text }) => JSON.parse(text).childrenApart)).toEqual([true]);
});

it('in a log group of the standard class they would be: the test above can fail', async () => {
  const { points, saidBy } = await run((template) => template.replaceAll('"INFREQUENT_ACCESS"', '"STANDARD"'));
  const forged = points.filter(({ value, dimensions }) => value === FORGED_VALUE && dimensions.Server === 'payments');
  expect(forged.length).toBeGreaterThan(0);
  // What the sidecar wraps is none even there.
  for (const name of FORGERS.filter((each) => each.startsWith('stdio')))
    for (const { text } of saidBy(name)) expect(text).toContain('child_said');
});
