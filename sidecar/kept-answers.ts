import type { Clock } from './clock';
import type { Limits } from './limits';

/** What is known of a call. */
export type CallState = 'running' | 'lost' | { readonly answer: Buffer };

/** A claimed call that runs. How it ends is said once; the first word counts. */
export interface RunningCall {
  /** @param response the JSON-RPC response as the server wrote it */
  answered(response: string): void;
  /** The server was sent the request and gave no whole response. */
  lost(): void;
  /** Nothing of it is kept: it did not reach the server, or its answer is too large. */
  forgotten(): void;
}

interface Ended {
  /** Absent where the answer was lost. */
  readonly answer?: Buffer;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly bytes: number;
}

/** What an entry costs beside its texts, so that many small ones are bounded too. */
const ENTRY_BYTES = 512;

/**
 * How claimed calls ended, for gateways that ask because another one died in the middle. Bounded in bytes and in time;
 * the oldest give way. Lives in memory: with the instance, the answers are gone.
 */
export class KeptAnswers {
  readonly #running = new Set<{ readonly key: string }>();
  /** In the order in which they ended. */
  readonly #ended = new Map<string, Ended>();
  #bytes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  /** Bytes of everything that is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  open(agent: string, callId: string): RunningCall {
    const running = { key: keyOf(agent, callId) };
    this.#running.add(running);
    const endOnce = (keep: () => void) => {
      if (this.#running.delete(running)) keep();
    };
    return {
      answered: (response) => endOnce(() => this.#keepAnswer(running.key, response)),
      lost: () => endOnce(() => this.#keep(running.key)),
      forgotten: () => endOnce(() => {}),
    };
  }

  /** What this instance knows of an agent's call. Another agent's is as unknown as one that never came. */
  find(agent: string, callId: string): CallState | undefined {
    const key = keyOf(agent, callId);
    for (const running of this.#running) if (running.key === key) return 'running';
    this.expire();
    const ended = this.#ended.get(key);
    return ended === undefined ? undefined : ended.answer === undefined ? 'lost' : { answer: ended.answer };
  }

  /** Drops what is older than it may become. */
  expire(): void {
    const before = this.clock.now() - this.limits.keptAnswerTime;
    for (const [key, { at }] of this.#ended) {
      if (at > before) break;
      this.#drop(key);
    }
  }

  #keepAnswer(key: string, response: string): void {
    const size = Buffer.byteLength(response);
    if (size > this.limits.keptAnswerBytes) return;
    // Memory of its own: a slice of a chunk, or of a pool, would hold on to all of it.
    const answer = Buffer.allocUnsafeSlow(size);
    answer.write(response);
    this.#keep(key, answer);
  }

  #keep(key: string, answer?: Buffer): void {
    this.#drop(key);
    const bytes = ENTRY_BYTES + key.length + (answer?.length ?? 0);
    this.#ended.set(key, { at: this.clock.now(), bytes, ...(answer !== undefined && { answer }) });
    this.#bytes += bytes;
    for (const oldest of this.#ended.keys()) {
      if (this.#bytes <= this.limits.keptAnswersBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#ended.get(key)?.bytes ?? 0;
    this.#ended.delete(key);
  }
}

/** The id of an agent holds no space. */
function keyOf(agent: string, callId: string): string {
  return `${agent} ${callId}`;
}
