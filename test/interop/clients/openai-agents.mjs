import { MCPServerStreamableHttp } from '@openai/agents';

export async function connect(url, headers, timeout) {
  const server = new MCPServerStreamableHttp({ url, requestInit: { headers }, clientSessionTimeoutSeconds: timeout / 1000, timeout });
  await server.connect();
  await server.listTools();
  return {
    call: (name, args) => server.callTool(name, args),
    close: () => server.close(),
  };
}
