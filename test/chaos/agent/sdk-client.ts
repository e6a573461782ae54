import { Client as V2Client, StreamableHTTPClientTransport as V2Transport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as V1TransportType } from '@modelcontextprotocol/sdk/shared/transport.js';
import { MODERN_REVISION } from '../../../checks/agent-client';
import type { Fetch } from '../../../client/platform';
import type { AgentKind } from '../messages';

export interface CallParams extends Record<string, unknown> {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

/** An official client, as far as an agent here needs it. */
export interface SdkClient {
  callTool(params: CallParams, timeout: number): Promise<unknown>;
  close(): Promise<void>;
}

/** Connects and lists the tools, as agents do. @throws what the client throws */
export async function openSdkClient(kind: AgentKind, endpoint: string, token: string, fetch: Fetch): Promise<SdkClient> {
  const options = { requestInit: { headers: { authorization: `Bearer ${token}` } }, fetch };
  const info = { name: `chaos-${kind}`, version: '1.0.0' };
  const url = new URL(endpoint);
  const onprogress = (): void => undefined; // so that the server may report progress
  if (kind === 'v1') {
    const client = new V1Client(info);
    // The class declares sessionId where its interface has it optional; the SDK's own samples cast too.
    await client.connect(new V1Transport(url, options) as V1TransportType);
    await client.listTools();
    return { callTool: (params, timeout) => client.callTool(params, undefined, { timeout, onprogress }), close: () => client.close() };
  }
  const client = new V2Client(info, kind === 'v2' ? {} : { versionNegotiation: { mode: { pin: MODERN_REVISION } } });
  await client.connect(new V2Transport(url, options));
  await client.listTools();
  return { callTool: (params, timeout) => client.callTool(params, { timeout, onprogress }), close: () => client.close() };
}
