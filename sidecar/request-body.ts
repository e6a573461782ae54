import type { IncomingMessage } from 'node:http';
import { FleetError } from '../core/errors';
import type { Holding } from './budget';

/** How the reading of a body ends, once. */
export interface BodyEvents {
  readonly onBody: (body: Buffer) => void;
  /** There is no room for it. */
  readonly onNoRoom: () => void;
  /** It is larger than it may be. */
  readonly onTooLarge: (error: FleetError) => void;
}

/**
 * Reads the body of a request. A gateway that leaves meanwhile is no event.
 * @param limit bytes
 * @param holding room for it, let go of where there is no body in the end
 */
export function readBody(request: IncomingMessage, limit: number, holding: Holding, on: BodyEvents): void {
  const tooLarge = () => on.onTooLarge(new FleetError('PAYLOAD_TOO_LARGE', { reason: `at most ${limit} bytes are allowed` }));
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    tooLarge();
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  let refused = false;
  /** What still comes is read, so that the answer is, and let go of. */
  const refuse = (tell: () => void) => {
    refused = true;
    chunks.length = 0;
    holding.release();
    tell();
  };
  request.on('data', (chunk: Buffer) => {
    if (refused) return;
    size += chunk.length;
    if (size > limit) refuse(tooLarge);
    else if (!holding.grow(chunk.length)) refuse(on.onNoRoom);
    else chunks.push(chunk);
  });
  request.once('end', () => {
    if (!refused) on.onBody(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  });
  request.once('error', () => holding.release());
}
