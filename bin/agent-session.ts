import { Client, ProtocolError, SdkHttpError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type AgentError, errorIn } from './agent-error';
import { CommandError, EXIT } from './exit';
import { packageVersion } from './package-facts';

/** Does something with an official client, in a session that is ended afterwards. */
export async function withClient<Result>(
  way: { endpoint: string; token: string },
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ name: 'mcp-fleet', version: packageVersion() });
  const requestInit = { headers: { authorization: `Bearer ${way.token}` } };
  const transport = new StreamableHTTPClientTransport(new URL(way.endpoint), { requestInit });
  try {
    await client.connect(transport);
    return await work(client);
  } finally {
    if (transport.sessionId !== undefined) await transport.terminateSession().catch(() => undefined);
    await client.close();
  }
}

/** A refusal, or an error of the server: the answer is no. */
export class Refusal extends CommandError {
  constructor(readonly error: AgentError) {
    super(EXIT.NO, [error.message, ...adviceOf(error.data)].join('\n  '));
  }
}

/** @returns the error as the agent gets it @throws what is none: the connection broke, or a bug */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof ProtocolError) return new Refusal({ code: error.code, message: error.message, data: error.data });
  if (error instanceof SdkHttpError) return new Refusal(errorIn(error) ?? { code: error.status, message: error.message });
  throw error;
}

function adviceOf(data: unknown): readonly string[] {
  const { outcome, retry, callId } = (data ?? {}) as { outcome?: string; retry?: string; callId?: string };
  if (outcome === undefined) return [];
  return [[`outcome ${outcome}`, retry && `retry ${retry}`, callId && `mcp-fleet ledger show ${callId}`].filter(Boolean).join(' · ')];
}
