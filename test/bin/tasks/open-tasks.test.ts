import { describe, expect, it } from '@jest/globals';
import type { SessionRow } from '../../../bin/session-rows';
import { type HolderOf, matches, openTasks } from '../../../bin/tasks/open-tasks';
import { listLines } from '../../../bin/tasks/task-lines';

const NOW = Date.UTC(2026, 10, 27);
const MINUTE = 60_000;

let sessions = 0;
const session = (agent: string, task: string | undefined, server: string, minutes: number): SessionRow => ({
  session: `s-${++sessions}`,
  agent: `id-${agent}`,
  issuer: 'https://login.example',
  subject: `agent-${agent}`,
  server,
  ...(task !== undefined && { task }),
  revision: '2025-11-25',
  generation: 0,
  openedAt: NOW - minutes * MINUTE,
  expiresAt: NOW / 1_000 + 3_600,
});

const holderOf: HolderOf = ({ agent, subject }) =>
  agent === 'id-desk' ? { name: 'desk', budget: { perTask: 4, perAgent: 10 } } : { name: subject, budget: { perTask: 50 } };

const ROWS = [
  session('desk', 'one', 'memory', 3),
  session('desk', 'one', 'payments', 90),
  session('desk', 'one', 'payments', 2),
  session('night', 'one', 'memory', 1),
  session('desk', undefined, 'memory', 5),
  session('desk', 'two', 'memory', 7),
];

describe('openTasks', () => {
  it('counts the sessions of a task on all servers, and tells tasks of one name apart by their agents', () => {
    expect(openTasks(ROWS, holderOf)[0]).toEqual({
      task: 'one',
      agent: 'desk',
      agentId: 'id-desk',
      subject: 'agent-desk',
      sessions: 3,
      servers: { payments: 2, memory: 1 },
      since: NOW - 90 * MINUTE,
      budget: 4,
      ofAgent: { sessions: 5, budget: 10 },
    });
    expect(openTasks(ROWS, holderOf).at(-1)).toMatchObject({ task: 'one', agent: 'agent-night', sessions: 1, budget: 50 });
  });

  it('has the largest first, and of two the older', () => {
    expect(openTasks(ROWS, holderOf).map(({ agent, task }) => [agent, task])).toEqual([
      ['desk', 'one'],
      ['desk', 'two'],
      ['desk', undefined],
      ['agent-night', 'one'],
    ]);
  });

  it.each([
    [{ agent: 'desk' }, 3],
    [{ agent: 'agent-night' }, 1],
    [{ server: 'payments' }, 1],
    [{ agent: 'agent-night', server: 'payments' }, 0],
    [{}, 4],
  ])('of them are chosen by %j', (filter, count) => {
    expect(openTasks(ROWS, holderOf).filter((task) => matches(task, filter))).toHaveLength(count);
  });

  it('is a table for people, which says what it leaves out', () => {
    const [first, second] = openTasks(ROWS, holderOf);
    expect(first && second && listLines([first, second], { tasks: 2, sessions: 2 }, NOW)).toEqual(
      [
        'TASK  AGENT  SESSIONS       OF THE AGENT   SERVERS               SINCE',
        'one   desk   3 of 4 (75 %)  5 of 10 (50 %)  2 payments, 1 memory  1 hour',
        'two   desk   1 of 4 (25 %)  5 of 10 (50 %)  1 memory              7 minutes',
        'and 2 more, with 2 sessions: --lines 4 shows them',
      ].map((line) => line.replace('OF THE AGENT   ', 'OF THE AGENT    ')),
    );
  });
});
