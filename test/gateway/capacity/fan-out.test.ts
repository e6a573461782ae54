import { afterEach, expect, test } from '@jest/globals';
import type { AgentTerms } from '../../../core/agent-terms';
import type { SessionBudget } from '../../../core/fleet-config';
import { type SmallFleet, startSmallFleet } from './instances';

let fleet: SmallFleet;

afterEach(() => fleet.stop());

const start = async (sessionBudget: SessionBudget, terms: Record<string, AgentTerms> = {}): Promise<void> => {
  fleet = await startSmallFleet({ instances: 2, slots: 50 }, {}, { sessionBudget }, terms);
};

/** Opens a session of a task; its id, or the error. */
async function open(task: string | undefined, gateway = 0, subject = 'a'): Promise<string | object> {
  const response = await fleet.open(
    fleet.gateways[gateway] as string,
    subject,
    task === undefined ? {} : { headers: { 'mcp-fleet-task': task } },
  );
  const { error } = (await response.json()) as { error?: object };
  return error ?? (response.headers.get('mcp-session-id') as string);
}

const slotsInUse = (): number => fleet.inUse().reduce((sum, one) => sum + one, 0);

const OVER_BUDGET = {
  code: 429,
  data: {
    error: 'TASK_BUDGET',
    outcome: 'not_executed',
    retry: 'later',
    retryAfterMs: 10_000,
    reason: 'the task "research" holds 3 sessions (3 on app), as many as it may: end one with DELETE',
  },
};

test('a task has so many sessions, whichever gateways they are opened at; one that is ended makes room', async () => {
  await start({ perTask: 3 });
  const ids = [await open('research', 0), await open('research', 1), await open('research', 0)];
  expect(await open('research', 1)).toMatchObject(OVER_BUDGET);
  expect(slotsInUse()).toBe(3);
  expect(await open('another')).toEqual(expect.any(String));
  expect(await open('research', 0, 'b')).toEqual(expect.any(String)); // another agent's task of that name
  expect(await open(undefined)).toEqual(expect.any(String));
  await fleet.close(fleet.gateways[1], ids[0] as string);
  expect(await open('research', 0)).toEqual(expect.any(String));
  expect(await open('research', 0)).toMatchObject(OVER_BUDGET);
});

test('of many that open at once at two gateways as many get in as may', async () => {
  await start({ perTask: 3 });
  const opened = await Promise.all(Array.from({ length: 12 }, (_, i) => open('research', i % 2)));
  expect(opened.filter((one) => typeof one === 'string')).toHaveLength(3);
  for (const refused of opened.filter((one) => typeof one !== 'string')) expect(refused).toMatchObject({ code: 429 });
  expect(slotsInUse()).toBe(3);
  const listed = (await fleet.rig.sessions()).filter(({ initialize }) => initialize !== undefined);
  expect(listed.filter(({ closedAt }) => closedAt === undefined)).toHaveLength(3);
  for (const { refused } of listed.filter(({ closedAt }) => closedAt !== undefined)) expect(refused).toBe(true);
});

test('what has ended without a word is counted no more once it matters', async () => {
  await start({ perTask: 3 });
  for (let i = 0; i < 3; i++) await open('research');
  // As idle expiry, or the end of an instance, does.
  for (const sidecar of fleet.sidecars) sidecar.sessions.endIdle(-1);
  expect(slotsInUse()).toBe(0);
  for (let i = 0; i < 3; i++) expect(await open('research', i % 2)).toEqual(expect.any(String));
  expect(await open('research')).toMatchObject(OVER_BUDGET);
});

test('who was refused is refused again before anything is taken, and let in as soon as one has ended', async () => {
  await start({ perTask: 3 });
  const ids: (string | object)[] = [];
  for (let i = 0; i < 3; i++) ids.push(await open('research'));
  expect(await open('research')).toMatchObject(OVER_BUDGET);
  const asked = fleet.asked();
  const refused = await Promise.all(Array.from({ length: 20 }, () => open('research')));
  expect(refused).toEqual(Array(20).fill(expect.objectContaining({ code: 429 })));
  expect(fleet.asked()).toBe(asked);
  await fleet.close(fleet.gateways[1], ids[0] as string);
  expect(await open('research')).toEqual(expect.any(String));
  expect(await open('research')).toMatchObject(OVER_BUDGET);
  // What ends without a word is looked for from time to time.
  for (const sidecar of fleet.sidecars) sidecar.sessions.endIdle(-1);
  expect(await open('research')).toMatchObject({ code: 429 });
  fleet.rig.skewMs += 6_000;
  expect(await open('research')).toEqual(expect.any(String));
});

test('an agent has so many over all its tasks, where that is declared', async () => {
  await start({ perTask: 3, perAgent: 4 });
  for (const task of ['one', 'one', 'two', undefined]) expect(await open(task)).toEqual(expect.any(String));
  expect(await open('three')).toMatchObject({ code: 429, data: { reason: expect.stringMatching(/^this agent holds 4 sessions/) } });
  // What was refused counts in no task.
  expect(await open('one', 0, 'b')).toEqual(expect.any(String));
  expect((await fleet.rig.sessions()).find(({ session }) => session.endsWith('#three'))).not.toHaveProperty('members');
});

test('an agent may have a budget of its own, beside that of the fleet', async () => {
  await start({ perTask: 3 }, { b: { sessionBudget: { perTask: 5 } }, c: { sessionBudget: { perAgent: 2 } } });
  const opened: (string | object)[] = [];
  for (let i = 0; i < 5; i++) opened.push(await open('research', i % 2, 'b'));
  expect(opened).toEqual(Array(5).fill(expect.any(String)));
  expect(await open('research', 0, 'b')).toMatchObject({ code: 429, data: { reason: expect.stringMatching(/holds 5 sessions/) } });
  const [first] = [await open('one', 0, 'c'), await open('two', 1, 'c')];
  expect(await open(undefined, 0, 'c')).toMatchObject({
    code: 429,
    data: { reason: expect.stringMatching(/^this agent holds 2 sessions/) },
  });
  await fleet.close(fleet.gateways[1], first as string, 'c');
  expect(await open(undefined, 0, 'c')).toEqual(expect.any(String));
  for (let i = 0; i < 3; i++) expect(await open('research')).toEqual(expect.any(String));
  expect(await open('research')).toMatchObject(OVER_BUDGET);
});
