import { MultiServerMCPClient } from '@langchain/mcp-adapters';

export async function connect(url, headers, timeout) {
  const client = new MultiServerMCPClient({ mcpServers: { interop: { transport: 'http', url, headers } } });
  const tools = await client.getTools();
  return {
    call: (name, args) => tools.find((tool) => tool.name === name).invoke(args, { timeout }),
    close: () => client.close(),
  };
}
