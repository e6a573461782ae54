import { get } from 'node:http';
import { get as getTls } from 'node:https';
import type { HealthCheckSettings } from './target-group-settings';

/** A target that has not answered yet is asked this often, in milliseconds, so that a start takes no longer than it must. */
const INITIAL_INTERVAL = 200;
/** After that the template's interval is divided by this and kept inside these bounds: an hour of AWS fits into minutes here. */
const SCALE = 5;
const MIN_INTERVAL = 1000;
const MAX_INTERVAL = 10_000;

/** Of a body that a target answers with, so many characters are kept. */
const SHOWN_BODY = 120;

export type Health = 'initial' | 'healthy' | 'unhealthy';

/** What one question came to; `said` is for people, such as `GET /readyz: status 503`. */
export interface HealthAnswer {
  readonly good: boolean;
  readonly said: string;
}

export interface HealthChecks {
  /** Absent before the first one. */
  readonly lastAnswer: HealthAnswer | undefined;
  stop(): void;
}

/**
 * Asks one target for its health until stopped. A new target is healthy after one good answer; then the thresholds count.
 * @param changed told of each change of health
 * @param known its health, where it was checked before
 */
export function checkHealth(
  port: () => number,
  settings: HealthCheckSettings,
  changed: (health: Health) => void,
  known: Health = 'initial',
): HealthChecks {
  const interval = Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, (settings.intervalSeconds * 1000) / SCALE));
  let health = known;
  let streak = 0;
  let stopped = false;
  let lastAnswer: HealthAnswer | undefined;
  let timer: NodeJS.Timeout;
  const check = async (): Promise<void> => {
    const answer = await probe(port(), settings);
    if (stopped) return;
    lastAnswer = answer;
    const { good } = answer;
    const agrees = good === (health === 'healthy');
    streak = agrees ? 0 : streak + 1;
    const threshold = health === 'initial' ? 1 : good ? settings.healthyThreshold : settings.unhealthyThreshold;
    // A target that does not answer yet stays initial; its service decides how long that may last.
    if (!agrees && streak >= threshold && (good || health !== 'initial')) {
      health = good ? 'healthy' : 'unhealthy';
      streak = 0;
      changed(health);
    }
    timer = setTimeout(check, health === 'initial' ? INITIAL_INTERVAL : interval);
    timer.unref();
  };
  void check();
  return {
    get lastAnswer() {
      return lastAnswer;
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** One GET on a connection of its own, as the load balancer makes it. */
function probe(port: number, { scheme, path, timeoutSeconds, matches }: HealthCheckSettings): Promise<HealthAnswer> {
  return new Promise((done) => {
    const timeout = timeoutSeconds * 1000;
    const answered = (good: boolean, what: string): void => done({ good, said: `GET ${path}: ${what}` });
    const asked = { host: '127.0.0.1', port, path, agent: false, timeout, headers: { 'user-agent': 'ELB-HealthChecker/2.0' } } as const;
    const request = scheme === 'https' ? getTls({ ...asked, rejectUnauthorized: false }) : get(asked);
    request.once('response', (response) => {
      const { statusCode = 0 } = response;
      const good = matches(statusCode);
      if (good) answered(true, `status ${statusCode}`);
      response.setEncoding('utf8');
      response.once('error', () => {});
      // Its first words are enough: a body may be without end.
      response.on('data', (chunk: string) => answered(good, `status ${statusCode} ${chunk.slice(0, SHOWN_BODY)}`));
      response.once('end', () => answered(good, `status ${statusCode}`));
    });
    request.once('timeout', () => {
      answered(false, `Request timed out, no answer within ${timeoutSeconds} s`);
      request.destroy();
    });
    request.once('error', (error: NodeJS.ErrnoException) =>
      answered(false, error.code === 'ECONNREFUSED' ? 'nothing listens' : `no answer (${error.code ?? error.message})`),
    );
    request.once('close', () => answered(false, 'no answer'));
  });
}
