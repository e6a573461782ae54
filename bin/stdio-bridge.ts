import { type JSONRPCMessage, type JSONRPCRequest, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { errorIn } from './agent-error';
import { printable } from './terminal';

/** A token is asked for again when it is older than this many milliseconds. */
const FRESH_MS = 5 * 60_000;

/**
 * Carries messages between standard input and output and an MCP endpoint, both ways and unchanged, until the input ends.
 * @param token gives an access token
 */
export async function bridge(endpoint: string, token: () => Promise<string>, interrupted: AbortSignal): Promise<void> {
  const stdio = new StdioServerTransport();
  const http = new StreamableHTTPClientTransport(new URL(endpoint), { fetch: authorized(token) });
  const opening = new Set<unknown>();

  http.onmessage = (message) => {
    const { id, result } = message as { id?: unknown; result?: { protocolVersion?: unknown } };
    // Every later request says the revision that was agreed on (MCP 2025-11-25, Streamable HTTP § Protocol Version Header).
    if (opening.delete(id) && typeof result?.protocolVersion === 'string') http.setProtocolVersion(result.protocolVersion);
    void stdio.send(message);
  };
  stdio.onerror = ({ message }) => void process.stderr.write(`what came on standard input is no JSON-RPC message: ${printable(message)}\n`);
  http.onerror = () => undefined; // what became of a request, its sender hears
  stdio.onmessage = (message) => {
    if ((message as JSONRPCRequest).method === 'initialize') opening.add((message as JSONRPCRequest).id);
    http.send(message).catch((error: unknown) => void refuse(message, error, stdio));
  };
  const ended = new Promise<void>((resolve) => {
    stdio.onclose = resolve;
    process.stdin.once('end', resolve);
    interrupted.addEventListener('abort', () => resolve(), { once: true });
  });

  await http.start();
  await stdio.start();
  await ended;
  if (http.sessionId !== undefined) await http.terminateSession().catch(() => undefined);
  await http.close();
  await stdio.close();
}

/** A request that got no answer gets the error of the HTTP exchange: what the fleet said where it said something. */
async function refuse(message: JSONRPCMessage, error: unknown, stdio: StdioServerTransport): Promise<void> {
  const { id, method } = message as Partial<JSONRPCRequest>;
  if (id === undefined || method === undefined) return;
  await stdio.send({ jsonrpc: '2.0', id, error: errorIn(error) ?? { code: -32603, message: (error as Error).message } });
}

function authorized(token: () => Promise<string>): typeof fetch {
  let current: { readonly token: Promise<string>; readonly at: number } | undefined;
  return async (input, init) => {
    if (current === undefined || Date.now() - current.at > FRESH_MS) current = { token: token(), at: Date.now() };
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${await current.token}`);
    return fetch(input, { ...init, headers });
  };
}
