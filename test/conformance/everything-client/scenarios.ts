import type { Client } from '@modelcontextprotocol/client';

/** What the suite hands to a client beside the URL. */
interface Context {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[];
}

type Act = (client: Client, context: Context) => Promise<void>;

/** What a client does in each scenario, once it is connected. */
export const SCENARIOS: Readonly<Record<string, Act>> = {
  initialize: list,
  tools_call: async (client) => {
    await client.listTools();
    await client.callTool({ name: 'add_numbers', arguments: { a: 5, b: 3 } });
  },
  'elicitation-sep1034-client-defaults': callEveryTool,
  'sse-retry': callEveryTool,
  'request-metadata': list,
  'sep-2322-client-request-state': callEveryTool,
  'http-standard-headers': async (client) => {
    await callEveryTool(client);
    const { resources } = await client.listResources();
    for (const { uri } of resources) await client.readResource({ uri });
    const { prompts } = await client.listPrompts();
    for (const { name } of prompts) await client.getPrompt({ name });
  },
  'http-custom-headers': async (client, { toolCalls = [] }) => {
    await client.listTools();
    for (const call of toolCalls) await client.callTool(call);
  },
  'http-invalid-tool-headers': async (client) => {
    const { tools } = await client.listTools();
    for (const { name, inputSchema } of tools) await client.callTool({ name, arguments: sample(inputSchema) });
  },
  'json-schema-ref-no-deref': list,
  'json-schema-2020-12-preservation': async (client) => {
    const { tools } = await client.listTools();
    const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema;
    await client.callTool({ name: 'json_schema_echo', arguments: { schema } });
  },
};

async function list(client: Client): Promise<void> {
  await client.listTools();
}

async function callEveryTool(client: Client): Promise<void> {
  const { tools } = await client.listTools();
  for (const { name } of tools) await client.callTool({ name, arguments: {} });
}

/** A value for each property that must be there. */
function sample({ properties = {}, required = [] }: { properties?: object; required?: readonly string[] }): Record<string, unknown> {
  const values: Readonly<Record<string, unknown>> = { string: 'value', number: 1, integer: 1, boolean: true, array: [], object: {} };
  const typeOf = (name: string) => (properties as Record<string, { type?: string }>)[name]?.type ?? 'string';
  return Object.fromEntries(required.map((name) => [name, values[typeOf(name)]]));
}
