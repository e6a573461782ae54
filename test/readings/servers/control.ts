import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { deserialize, serialize } from 'node:v8';
import type { Script } from '../generator/script';
import type { Deed, Journal } from './journal';

/** Environment variable by which a stdio server learns where the suite is. */
export const CONTROL_VARIABLE = 'READINGS_CONTROL';

/** Where servers in processes of their own tell what they did, and learn what they are to do. */
export function controlServer(journal: Journal, scripts: ReadonlyMap<string, Script>): Server {
  return createServer((request, response) => {
    const mark = decodeURIComponent(request.url?.slice(1) ?? '');
    if (request.method === 'GET') return response.end(JSON.stringify(scripts.get(mark) ?? {}));
    void buffer(request).then((told) => {
      journal.note(deserialize(told) as Deed, mark);
      response.end();
    });
  });
}

/** Tells the suite of a deed before anything is answered; not as JSON, which knows no -0. */
export async function tell(deed: Deed, mark: string): Promise<void> {
  await fetch(`${process.env[CONTROL_VARIABLE]}/${encodeURIComponent(mark)}`, { method: 'POST', body: serialize(deed) });
}

const CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';

/** The mark of a call where there are no headers: the name of its client, which a sessionless call says itself, or an argument. */
export function markOfCall({ _meta, arguments: args }: MarkedCall, sessionMark?: string): string {
  const { name } = (_meta?.[CLIENT_INFO] ?? {}) as { readonly name?: unknown };
  return String(name ?? sessionMark ?? args?.mark ?? '');
}

interface MarkedCall {
  readonly _meta?: Readonly<Record<string, unknown>>;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export async function scriptOf(mark: string): Promise<Script> {
  return (await (await fetch(`${process.env[CONTROL_VARIABLE]}/${encodeURIComponent(mark)}`)).json()) as Script;
}
