/** What a request asks, as far as the sidecar has to know. */
export interface Glance {
  /** JSON text of its id. */
  readonly id: string;
  readonly method: string;
}

/** How far the beginning reaches, in bytes. */
const BEGINNING = 256;

/** How a gateway begins each request (`core/reading/upstream-text.ts`); nobody else can sign who calls. */
const REQUEST = /^\{"jsonrpc":"2\.0","id":(0|[1-9]\d{0,14}|"[\x20\x21\x23-\x5b\x5d-\x7e]{0,100}"),"method":"([\w/.-]{1,100})"[,}]/;

/** Id and method of a request, read from its first bytes and nothing more; undefined for what begins otherwise, requests included. */
export function glanceAt(body: Buffer): Glance | undefined {
  const [, id, method] = REQUEST.exec(body.toString('latin1', 0, BEGINNING)) ?? [];
  return id === undefined || method === undefined ? undefined : { id, method };
}
