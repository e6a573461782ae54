import { createServer, type IncomingMessage, request, type Server } from 'node:http';

/** Where a request goes on to. */
export interface Onward {
  /** `http://host:port`. */
  readonly origin: string;
  /** Default: the path it came with. */
  readonly path?: string;
  /** Headers to add, as name and value in turn. */
  readonly headers?: readonly string[];
}

/**
 * An HTTP server that passes every request on and changes nothing that it is not told to: `Host`, `Origin`, session ids,
 * event streams and every byte of a body go through, and a client that leaves leaves there too.
 * @param onward where a request goes; undefined while there is nowhere
 */
export function relay(onward: (incoming: IncomingMessage) => Onward | undefined): Server {
  return createServer((incoming, outgoing) => {
    const goal = onward(incoming);
    if (goal === undefined) {
      outgoing.writeHead(503).end();
      return;
    }
    const { hostname: host, port } = new URL(goal.origin);
    const headers = [...incoming.rawHeaders, ...(goal.headers ?? [])];
    const path = goal.path ?? incoming.url;
    // A connection of its own per request: whatever becomes of one, no other may feel it.
    const passed = request({ host, port, path, method: incoming.method, headers, setHost: false, agent: false });
    passed.once('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
    });
    passed.once('error', () => outgoing.destroy());
    outgoing.once('close', () => passed.destroy());
    incoming.pipe(passed);
  });
}
