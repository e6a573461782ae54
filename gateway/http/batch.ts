import { FleetError } from '../../core/errors';
import { findElements } from '../../core/json-members';
import type { Identified } from '../call';
import type { SealedIds } from '../identity/sealed-ids';
import { Exchange } from './exchange';
import type { Reply, StreamEvent } from './reply';

/** The one revision that has batches (MCP 2025-03-26, removed by 2025-06-18). */
const BATCH_REVISION = '2025-03-26';
/** Most messages in one batch. */
export const BATCH_LIMIT = 100;

export interface BatchParts {
  readonly sealedIds: SealedIds;
}

type Serve = (exchange: Exchange) => Promise<void>;

/**
 * Serves each message of a batch on its own, by its own bytes, so that a call in a batch is authorized, claimed and
 * recorded as any other; the answers go back together.
 * @throws FleetError INVALID_REQUEST in a session of a revision without batches
 */
export async function serveBatch(identified: Identified, parts: BatchParts, serve: Serve): Promise<void> {
  const { exchange, text = '' } = identified;
  checkRevision(identified, parts);
  const messages = findElements(text, 0).map(({ start, end }) => text.slice(start, end));
  if (messages.length === 0 || messages.length > BATCH_LIMIT) {
    throw new FleetError('INVALID_REQUEST', { reason: `a batch holds 1 to ${BATCH_LIMIT} messages; ${messages.length} came` });
  }
  const reply = new BatchReply(exchange.reply);
  const { request, serverName, startedAt, gone } = exchange;
  await Promise.all(messages.map((message) => serve(new Exchange(request, reply, serverName, startedAt, gone, Buffer.from(message)))));
  reply.finishBatch();
}

function checkRevision({ sessionId, agentId, server }: Identified, { sealedIds }: BatchParts): void {
  const session = sessionId === undefined ? undefined : sealedIds.open(sessionId, { agent: agentId, server });
  if (session?.revision === BATCH_REVISION) return;
  const spoken = session === undefined ? 'without a session' : `in a session of ${session.revision}`;
  throw new FleetError('INVALID_REQUEST', {
    reason: `a batch came ${spoken}; only ${BATCH_REVISION} has batches: send one message per POST`,
  });
}

/** Gathers the answers of a batch; what the server sends before them turns the whole answer into a stream. */
class BatchReply implements Reply {
  readonly resumable = false;
  private readonly answers: string[] = [];

  constructor(private readonly whole: Reply) {}

  get streaming(): boolean {
    return this.whole.streaming;
  }

  openStream(): void {
    this.whole.openStream();
  }

  sendEvent({ event, data }: StreamEvent): Promise<void> {
    return this.whole.sendEvent({ data, ...(event !== undefined && { event }) });
  }

  prime(): void {}

  finish(_status: number, text: string): void {
    if (text !== '') this.answers.push(text);
  }

  finishAll(_headers: Readonly<Record<string, string>>, [answer = '']: readonly string[]): void {
    this.finish(200, answer);
  }

  end(): void {}

  cut(): void {
    this.whole.cut();
  }

  delivered(): Promise<boolean> {
    return this.whole.delivered();
  }

  finishBatch(): void {
    if (this.answers.length === 0) this.whole.finish(202, '');
    else this.whole.finish(200, `[${this.answers.join(',')}]`);
  }
}
