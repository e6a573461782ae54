import { afterEach, expect, test } from '@jest/globals';
import { type SmallFleet, startSmallFleet } from './instances';

let fleet: SmallFleet;

afterEach(() => fleet.stop());

const waiting = (): number => fleet.rig.gateway.seats.of('app').waiting;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((next) => setTimeout(next, 5));
}

test('while more wait than there is room for, an agent of three times the weight gets three times the sessions', async () => {
  fleet = await startSmallFleet({ instances: 1, slots: 1 }, {}, {}, { a: { weight: 3 } });
  const [gateway] = fleet.gateways;
  let holder: { subject: string; id: string } | undefined;
  const open = (subject: string): void => {
    const opened = fleet.open(gateway, subject).then(({ headers }) => {
      holder = { subject, id: headers.get('mcp-session-id') as string };
    });
    opened.catch(() => undefined); // those that still wait when the fleet stops
  };
  open('c');
  await until(() => holder !== undefined);
  for (let i = 1; i <= 12; i++) {
    open('a');
    open('b');
  }
  await until(() => waiting() === 24);
  const had: string[] = [];
  while (had.length < 16) {
    const { id, subject } = holder as { subject: string; id: string };
    holder = undefined;
    await fleet.close(gateway, id, subject);
    await until(() => holder !== undefined);
    had.push((holder as { subject: string } | undefined)?.subject as string);
  }
  expect(had.filter((subject) => subject === 'a')).toHaveLength(12);
  // Of each four in a row, not only in all.
  for (let at = 0; at < 16; at += 4) expect(had.slice(at, at + 4)).toContain('b');
});
