// An MCP server of your own, on standard input and output: one process for each session.
// It knows nothing of the fleet. `npm run build` puts it, with all that it imports, into dist/index.js.
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const notes: string[] = [];

serveStdio(() => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('add_note', { description: 'Keeps a note', inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text: `This is note ${notes.push(text)}.` }],
  }));
  server.registerTool('list_notes', { description: 'All notes of this session', annotations: { readOnlyHint: true } }, () => ({
    content: [{ type: 'text', text: notes.join('\n') || 'There are no notes.' }],
  }));
  return server;
});
