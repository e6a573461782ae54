import { get } from 'node:http';
import type { HealthCheckSettings } from './target-group-settings';

/** A target that has not answered yet is asked this often, in milliseconds, so that a start takes no longer than it must. */
const INITIAL_INTERVAL = 200;
/** After that the template's interval is divided by this and kept inside these bounds: an hour of AWS fits into minutes here. */
const SCALE = 5;
const MIN_INTERVAL = 1000;
const MAX_INTERVAL = 10_000;

export type Health = 'initial' | 'healthy' | 'unhealthy';

/**
 * Asks one target for its health until stopped. A new target is healthy after one good answer; then the thresholds count.
 * @param changed told of each change of health
 * @param known its health, where it was checked before
 * @returns stops the checks
 */
export function checkHealth(
  port: number,
  settings: HealthCheckSettings,
  changed: (health: Health) => void,
  known: Health = 'initial',
): () => void {
  const interval = Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, (settings.intervalSeconds * 1000) / SCALE));
  let health = known;
  let streak = 0;
  let stopped = false;
  let timer: NodeJS.Timeout;
  const check = async (): Promise<void> => {
    const good = await probe(port, settings);
    if (stopped) return;
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
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** One GET on a connection of its own, as the load balancer makes it. */
function probe(port: number, { path, timeoutSeconds, matches }: HealthCheckSettings): Promise<boolean> {
  return new Promise((done) => {
    const timeout = timeoutSeconds * 1000;
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout, headers: { 'user-agent': 'ELB-HealthChecker/2.0' } });
    request.once('response', (response) => {
      response.resume();
      response.once('error', () => {});
      done(matches(response.statusCode ?? 0));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => done(false));
    request.once('close', () => done(false));
  });
}
