import { createServer, type Server } from 'node:http';
import { Pool } from 'undici';
import { answerPlain, forward } from '../../../local/alb/forward';
import type { Target } from '../../../local/alb/target-group';
import { MARK_HEADER } from '../servers/journal';

/** What a balancer does by itself instead of forwarding one request. */
export type BalancerWord = number | 'close';

/** The load balancer of the sidecars: `/{server}/…` goes to the server's one instance, with a stickiness cookie. */
export interface Balancer {
  readonly server: Server;
  /** What it says by itself to the calls of a mark. */
  readonly words: Map<string, BalancerWord>;
  route(name: string, port: number): void;
  close(): Promise<void>;
}

/** Milliseconds without a byte after which an exchange is cut; longer than any case lasts. */
const IDLE_MS = 60_000;

export function createBalancer(): Balancer {
  const targets = new Map<string, Target>();
  const words = new Map<string, BalancerWord>();
  const server = createServer({ keepAliveTimeout: IDLE_MS }, (request, response) => {
    const name = request.url?.split('/')[1] ?? '';
    const target = targets.get(name);
    const mark = request.headers[MARK_HEADER];
    const word = typeof mark === 'string' && isCall(request.headers['content-length']) ? words.get(mark) : undefined;
    if (word === 'close') request.socket.destroy();
    else if (word !== undefined) request.resume().once('end', () => answerPlain(response, word, 'by the balancer itself'));
    else if (target === undefined) answerPlain(response, 404, 'no rule');
    else void forward(request, response, { target, setCookies: [`AWSALB=${name}; Path=/`] }, { idleTimeout: IDLE_MS, port: 0 });
  });
  return {
    server,
    words,
    route: (name, port) => {
      void targets.get(name)?.pool.destroy();
      const pool = new Pool(`http://127.0.0.1:${port}`, { connections: null, pipelining: 1, keepAliveTimeout: IDLE_MS });
      targets.set(name, { id: name, port, pool, health: 'healthy', draining: false, inFlight: 0, exchanges: new Set() });
    },
    close: async () => {
      await Promise.all([...targets.values()].map(({ pool }) => pool.destroy()));
    },
  };
}

/** A request without a body opens or ends something, and is none that a word was meant for. */
function isCall(length: string | undefined): boolean {
  return length !== undefined && length !== '0';
}
