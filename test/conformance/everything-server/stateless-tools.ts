import { inputRequired, type McpServer } from '@modelcontextprotocol/server';
import type { Changes } from './changes';
import { textResult } from './content-tools';
import { askName } from './input-required-tools';

/** Tools that show what a request without a session may and may not lead to (MCP 2026-07-28). */
export function addStatelessTools(server: McpServer, bus: Changes): void {
  // The SDK answers -32021 where the caller declared no sampling: asking for it is all it takes.
  server.registerTool('test_missing_capability', { description: 'Needs a client with sampling' }, () =>
    inputRequired({
      inputRequests: {
        summary: inputRequired.createMessage({
          messages: [{ role: 'user', content: { type: 'text', text: 'Summarize the conversation' } }],
          maxTokens: 50,
        }),
      },
    }),
  );
  server.registerTool('test_streaming_elicitation', { description: 'Asks by its result, never by a request on its stream' }, () =>
    inputRequired({ inputRequests: { user_name: askName('What is your name?') } }),
  );
  server.registerTool('test_logging_tool', { description: 'Logs only for a caller that named a level' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'This caller wants logs');
    return textResult('Logged, if that was wanted');
  });
  server.registerTool('test_trigger_tool_change', { description: 'Tells listeners that the tools changed' }, async () => {
    await bus.announce({ kind: 'tools_list_changed' });
    return textResult('Listeners to tools were told');
  });
  server.registerTool('test_trigger_prompt_change', { description: 'Tells listeners that the prompts changed' }, async () => {
    await bus.announce({ kind: 'prompts_list_changed' });
    return textResult('Listeners to prompts were told');
  });
}
