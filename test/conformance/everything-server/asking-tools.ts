import type { ElicitRequestFormParams, McpServer, ServerContext } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { textResult } from './content-tools';

type Schema = ElicitRequestFormParams['requestedSchema'];

const PERSON: Schema = {
  type: 'object',
  properties: {
    username: { type: 'string', description: 'Name of the user' },
    email: { type: 'string', description: 'Address of the user' },
  },
  required: ['username', 'email'],
};

/** A default for every primitive type (SEP-1034). */
const DEFAULTS: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

/** The five ways to let someone choose (SEP-1330). */
const CHOICES: Schema = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: {
      type: 'string',
      oneOf: [
        { const: 'value1', title: 'First Option' },
        { const: 'value2', title: 'Second Option' },
        { const: 'value3', title: 'Third Option' },
      ],
    },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: {
      type: 'array',
      items: {
        anyOf: [
          { const: 'value1', title: 'First Choice' },
          { const: 'value2', title: 'Second Choice' },
          { const: 'value3', title: 'Third Choice' },
        ],
      },
    },
  },
};

/** Tools that ask the client by a request of the server's own, as revisions up to 2025-11-25 do. */
export function addAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: "Asks the client's model", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const answer = await mcpReq.requestSampling({
        messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
        maxTokens: 100,
      });
      const content = [answer.content].flat()[0];
      return textResult(`LLM response: ${content?.type === 'text' ? content.text : JSON.stringify(content)}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) => await elicit(message, PERSON, context),
  );
  server.registerTool('test_elicitation_sep1034_defaults', { description: 'Asks the user, with defaults' }, (context) =>
    elicit('Please review the defaults', DEFAULTS, context),
  );
  server.registerTool('test_elicitation_sep1330_enums', { description: 'Asks the user to choose' }, (context) =>
    elicit('Please choose', CHOICES, context),
  );
}

async function elicit(message: string, requestedSchema: Schema, { mcpReq }: ServerContext) {
  const { action, content } = await mcpReq.elicitInput({ message, requestedSchema });
  return textResult(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
}
