import { createHash } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type Answer, INPUT } from './answer';

/** What is written in front of the bundle, so that one program has many versions. */
const VERSION = (globalThis as { DESK_VERSION?: string }).DESK_VERSION ?? 'none';
const JOURNAL = process.env.JOURNAL as string;

/** The server of one session: it counts what was written in it, and has a journal elsewhere keep each write. */
export function deskServer(name: string): McpServer {
  const server = new McpServer({ name, version: '1.0.0' }, { capabilities: {} });
  let written = 0;
  const tell = (reference: string) => {
    const answer: Answer = { version: VERSION, reference, written, pid: process.pid, secret: fingerprintOf(process.env.API_KEY ?? '') };
    return { content: [{ type: 'text' as const, text: JSON.stringify(answer) }] };
  };
  server.registerTool('read', { description: 'Tells', inputSchema: z.object(INPUT) }, async ({ reference }) => tell(reference));
  server.registerTool('write', { description: 'Writes', inputSchema: z.object(INPUT) }, async ({ reference }) => {
    written++;
    await fetch(`${JOURNAL}/execute`, { method: 'POST', body: JSON.stringify({ reference, task: name, pid: process.pid }) });
    return tell(reference);
  });
  return server;
}

/** Enough to see whether a value is still the same, and no more. */
function fingerprintOf(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 12);
}
