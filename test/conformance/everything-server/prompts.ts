import {
  acceptedContent,
  type ContentBlock,
  completable,
  type GetPromptResult,
  inputRequired,
  type McpServer,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { text } from './content-tools';
import type { Era } from './endpoint';
import { PIXEL_PNG } from './samples';

const Context = z.object({ context: z.string() });

export function addPrompts(server: McpServer, era: Era): void {
  server.registerPrompt('test_simple_prompt', { description: 'One message' }, () => says(text('This is a simple prompt for testing.')));

  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Repeats its arguments',
      argsSchema: z.object({
        arg1: completable(z.string().describe('First argument'), (start) =>
          ['test-value', 'other'].filter((value) => value.startsWith(start)),
        ),
        arg2: z.string().describe('Second argument'),
      }),
    },
    ({ arg1, arg2 }) => says(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );

  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds a resource', argsSchema: z.object({ resourceUri: z.string().describe('URI of the resource') }) },
    ({ resourceUri }) =>
      says(
        { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
        text('Please process the embedded resource above.'),
      ),
  );

  server.registerPrompt('test_prompt_with_image', { description: 'Holds an image' }, () =>
    says({ type: 'image', data: PIXEL_PNG, mimeType: 'image/png' }, text('Please analyze the image above.')),
  );

  if (era === 'legacy') return;
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks before it answers' }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'user_context', Context);
    if (answer !== undefined) return says(text(`Use this context: ${answer.context}`));
    const question = inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema: Context });
    return inputRequired({ inputRequests: { user_context: question } });
  });
}

/** A prompt of one user message per content. */
function says(...contents: ContentBlock[]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: 'user', content })) };
}
