import { MCPClient } from '@mastra/mcp';

export async function connect(url, headers, timeout) {
  const client = new MCPClient({ servers: { interop: { url: new URL(url), requestInit: { headers } } }, timeout });
  const tools = await client.getTools();
  return {
    call: (name, args) => tools[`interop_${name}`].execute({ context: args }),
    close: () => client.disconnect(),
  };
}
