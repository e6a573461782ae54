import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** @param negotiation which era it speaks; as it comes, the one with sessions */
export async function connectAs(negotiation, url, headers, timeout) {
  const client = new Client({ name: 'interop', version: '1.0.0' }, negotiation === undefined ? {} : { versionNegotiation: negotiation });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return {
    call: (name, args) => client.callTool({ name, arguments: args }, { timeout }),
    close: () => client.close(),
  };
}

export const connect = (...where) => connectAs(undefined, ...where);
