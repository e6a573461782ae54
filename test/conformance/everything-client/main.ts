// The client that the conformance suite runs: it does what a scenario asks of a client, and prints nothing.
// The suite appends the URL of the scenario's server and names scenario, revision and context in the environment.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { SCENARIOS } from './scenarios';

async function main(): Promise<void> {
  const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_PROTOCOL_VERSION: revision, CONFORMANCE_SWITCH } = process.env;
  const act = SCENARIOS[scenario];
  if (act === undefined) throw new Error(`There is no client for the scenario ${JSON.stringify(scenario)}`);
  const server = process.argv.at(-1) as string;
  const url = CONFORMANCE_SWITCH === undefined ? server : await throughFleet(CONFORMANCE_SWITCH, server);

  const client = new Client(
    { name: 'conformance-everything-client', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
      versionNegotiation: { mode: revision === '2026-07-28' ? 'auto' : 'legacy' },
    },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
  client.setRequestHandler('roots/list', () => ({ roots: [] }));
  client.setRequestHandler('sampling/createMessage', () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'An answer' },
  }));
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  await act(client, JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}'));
  await client.close();
}

/** Has the fleet's server stand for the scenario's, and gives its URL. */
async function throughFleet(control: string, server: string): Promise<string> {
  const answer = await fetch(control, { method: 'POST', body: server });
  return await answer.text();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
