import { setTimeout as sleep } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/server';
import { textResult } from './content-tools';

/** Milliseconds between two reports, so that each can travel on its own. */
const STEP_MS = 50;

/** Tools that say something before they answer. */
export function addReportingTools(server: McpServer): void {
  server.registerTool('test_tool_with_progress', { description: 'Reports progress: 0, 50 and 100 of 100' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progress > 0) await sleep(STEP_MS);
      if (progressToken === undefined) continue;
      const message = `Completed step ${progress} of 100`;
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100, message } });
    }
    return textResult('Tool with progress executed successfully');
  });

  server.registerTool('test_tool_with_logging', { description: 'Logs three lines at info' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'Tool execution started');
    await sleep(STEP_MS);
    await mcpReq.log('info', 'Tool processing data');
    await sleep(STEP_MS);
    await mcpReq.log('info', 'Tool execution completed');
    return textResult('Tool with logging executed successfully');
  });

  server.registerTool(
    'test_reconnection',
    { description: 'Closes its stream before the result, which the client gets when it resumes (2025-11-25)' },
    async ({ http }) => {
      http?.closeSSE?.();
      await sleep(2 * STEP_MS);
      return textResult('The result came after the stream was closed and resumed.');
    },
  );
}
