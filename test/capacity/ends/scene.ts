import { EXECUTED } from '../../load/counter';
import { withFleet } from '../fleet-app';
import type { Scene, Seen } from '../scene';
import { BLOWS } from './blows';
import { type Struck, strike } from './strike';

/** Two instances, so that somebody is left. */
const SHAPE = { name: 'ends', instances: 2, slots: 400 } as const;
/** Sessions, each with a call, of two gateways and two instances: a hundred for each. */
const FULL = 200;
const SHORT = 40;

/** Ends gateways and instances with sessions open and calls under way, half of their callers gone. */
export const playEnds: Scene = ({ full }, stage) => {
  const begun = new Set<string>();
  const onLog = ({ role, text }: { readonly role: string; readonly text: string }): void => {
    if (role === 'server' && text.startsWith(`{"event":"${EXECUTED}"`)) begun.add((JSON.parse(text) as { nonce: string }).nonce);
  };
  return withFleet({ ...SHAPE, onLog }, stage, async (fleet, openers): Promise<Seen> => {
    const seen: Struck[] = [];
    for (const blow of BLOWS) {
      stage.signal.throwIfAborted();
      const struck = await strike(blow, full ? FULL : SHORT, { fleet, openers, begun });
      seen.push(struck);
      stage.say(`  ${JSON.stringify(struck)}`);
    }
    const problems = seen.flatMap(({ problems: own }) => own);
    return { passed: problems.length === 0, fact: factOf(seen, problems), figures: { seen } };
  });
};

function factOf(seen: readonly Struck[], problems: readonly string[]): string {
  const stopped = seen.filter(({ signal }) => signal === 'SIGTERM');
  const killed = seen.filter(({ signal }) => signal === 'SIGKILL');
  const settled = stopped.reduce((sum, { calls }) => sum + calls, 0);
  const most = (values: readonly number[]): string => (Math.max(...values) / 1_000).toFixed(1);
  return [
    `SIGTERM to a gateway and an instance with ${stopped.map(({ underWay }) => underWay).join(' and ')} calls, half of their callers gone: ${settled} claims settled, gone after ${most(stopped.map(({ goneMs }) => goneMs))} s`,
    `kill -9 of server, sidecar and gateway: counts right after ${most(killed.map(({ countedMs }) => countedMs))} s`,
    `${problems.length} wrong`,
  ].join(', ');
}
