import type { IncomingMessage, ServerResponse } from 'node:http';
import { FleetError } from '../../core/errors';
import { BODY_LIMIT_BYTES } from '../../core/request-limits';
import { Departure } from '../departure';
import type { Held } from '../holdings';
import { HttpReply, type Reply } from './reply';

const NOTHING = Buffer.alloc(0);

/** One message to `/{server}/mcp` and the answer to it: an HTTP request, or a part of one that is a batch. */
export class Exchange {
  /** JSON text of the id of the request as the agent wrote it, as soon as it is known: errors carry it. */
  requestId: string | null = null;
  /** Over when nothing is done for it any more: a claimed call runs on though its client has left. */
  readonly served = new Departure();

  /**
   * @param serverName first segment of the path
   * @param startedAt milliseconds since the epoch
   * @param gone over when the client has left or has been answered
   * @param part the bytes of the message, where it is a part of the body
   */
  constructor(
    readonly request: IncomingMessage,
    readonly reply: Reply,
    readonly serverName: string,
    readonly startedAt: number,
    readonly gone: Departure,
    private readonly part?: Buffer,
  ) {}

  static of(request: IncomingMessage, response: ServerResponse, serverName: string, now: number, heartbeatMs: number): Exchange {
    const departure = new Departure();
    response.once('close', () => departure.end());
    return new Exchange(request, new HttpReply(response, departure, heartbeatMs), serverName, now, departure);
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** It is one message of a batch, and can be no batch itself. */
  get isPart(): boolean {
    return this.part !== undefined;
  }

  /** Base URL under which the client reached us; the load balancer keeps Host and says which scheme it terminated. */
  get baseUrl(): string {
    const scheme = this.header('x-forwarded-proto') === 'https' ? 'https' : 'http';
    return `${scheme}://${this.header('host') ?? 'localhost'}`;
  }

  /** @param limit in bytes @throws FleetError PAYLOAD_TOO_LARGE, before more than the limit is held; INVALID_REQUEST for half a message */
  async readBody(held: Pick<Held, 'add'>, limit: number = BODY_LIMIT_BYTES): Promise<Buffer> {
    if (this.part !== undefined) return this.part;
    if (Number(this.header('content-length') ?? 0) > limit) throw this.tooLarge(limit);
    const { request } = this;
    // Nearly always it has come with its head.
    if (request.complete && request.readableLength <= limit) {
      held.add(request.readableLength);
      return (request.read() as Buffer | null) ?? NOTHING;
    }
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let size = 0;
      const settle = (then: () => void): void => {
        request.off('data', take).off('end', whole).off('close', cut);
        then();
      };
      const take = (piece: Buffer): void => {
        try {
          size += piece.length;
          if (size > limit) throw this.tooLarge(limit);
          held.add(piece.length);
          pieces.push(piece);
        } catch (error) {
          settle(() => reject(error));
          request.resume(); // what is left of it would stand before the next request of its connection
        }
      };
      const whole = (): void => settle(() => resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)));
      const cut = (): void =>
        settle(() => reject(new FleetError('INVALID_REQUEST', { reason: 'its caller left before the message was whole' })));
      request.on('data', take).on('end', whole).on('close', cut);
    });
  }

  private tooLarge(limit: number): FleetError {
    return new FleetError('PAYLOAD_TOO_LARGE', {
      reason: `at most ${limit} bytes are allowed; ${this.header('content-length') ?? 'more'} came`,
    });
  }
}
