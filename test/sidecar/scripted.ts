import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The command of a stdio server that is written in a few lines: `body` is what it does with each message `m`. At hand are `send`
 * (a message, or a text as it is), `ready` (answers `initialize`), and `results` (a result under the id of `m`).
 */
export function scripted(body: string, before = ''): string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'stdio-')), 'server.mjs');
  writeFileSync(
    file,
    `import { createInterface } from 'node:readline';
     const send = (message) => process.stdout.write(typeof message === 'string' ? message + '\\n' : JSON.stringify(message) + '\\n');
     const ready = (m) => send({ jsonrpc: '2.0', id: m.id, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } } });
     const results = (m, result) => send({ jsonrpc: '2.0', id: m.id, result });
     ${before}
     createInterface({ input: process.stdin }).on('line', (line) => { const m = JSON.parse(line); ${body} });`,
  );
  return [process.execPath, file];
}
