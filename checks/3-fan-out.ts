import { budgetOf } from '../core/agent-terms';
import { sessionKey } from '../core/session-key';
import { expectations, type Findings } from './check';
import { agentsOf, type CheckedFleet, termsOf } from './fleet';
import { fleetLoad } from './load';
import { nobodyLine } from './missing-line';
import { TaskSessions } from './task-sessions';

/** Sessions of one task that are opened to see that they are counted. */
const FEW = 4;
/** Most that are opened to see the budget's end. */
const MOST = 100;

/** Check 3: sessions per agent task are counted, budgeted, and the fleet is sized for them. */
export async function fanOut(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const load = await fleetLoad(fleet);
  const nobody = nobodyLine(fleet);
  const names = new Map(fleet.agents.map(({ id, name }) => [id, name]));
  const open = load.holding.directory.filter(({ closedAt }) => closedAt === undefined);
  const listed = new Set(open.map(({ session }) => session));
  const agents: Record<string, Record<string, number>> = {};
  for (const { agent = 'unknown', server = 'unknown' } of open) {
    const name = names.get(agent) ?? agent;
    agents[name] = { ...agents[name], [server]: (agents[name]?.[server] ?? 0) + 1 };
  }
  const unlisted = load.sessions.filter(({ id }) => !listed.has(sessionKey(id)));
  expect(unlisted.length === 0, `${unlisted.length} of ${load.sessions.length} open sessions had no open row in the session directory`);

  const task = await taskEvidence(fleet, expect);
  return {
    evidence: {
      openDirectoryRows: open.length,
      sessionsOpen: load.sessions.length,
      sessionsByAgentAndServer: agents,
      budget: fleet.sessionBudget,
      ...task.evidence,
      slotsOfAnInstance: roomOf(fleet),
    },
    failures,
    notProbed: nobody === undefined ? task.notProbed : [nobody],
    proven: task.counted,
  };
}

interface TaskEvidence {
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly notProbed: readonly string[];
  /** Whether the sessions of a task were seen to be counted. */
  readonly counted: boolean;
}

/** Opens sessions of one task, at first a few, and then until the budget ends. */
async function taskEvidence(fleet: CheckedFleet, expect: (holds: boolean, otherwise: string) => void): Promise<TaskEvidence> {
  const sessions = await TaskSessions.of(fleet);
  if (sessions === undefined) {
    const why =
      'No agent may use a server that the fleet runs over HTTP, so that no sessions of one task were opened; add: server.grantCall(agent, { tools: […] })';
    return { evidence: {}, notProbed: [why], counted: false };
  }
  const { perTask, perAgent } = budgetOf(fleet.sessionBudget, termsOf(fleet.allowlist, sessions.agent.id));
  fleet.say(`opens sessions of one task, up to the ${perTask} that it may have`);
  try {
    while (sessions.openings.length < Math.min(FEW, perTask) && (await sessions.openOne()).error === undefined);
    const few = sessions.open.length;
    const first = await sessions.counted();
    expect(first.right, `The directory counts ${first.count} sessions of a task that has opened ${few}`);
    const end = await spend(sessions, perTask);
    const opened = sessions.open.length;
    const { count } = await sessions.counted();
    // What the agent holds besides counts in its own budget.
    const isAtEnd = perAgent === undefined ? opened === perTask : opened <= Math.min(perTask, perAgent);
    if (end === 'TASK_BUDGET')
      expect(isAtEnd && count === opened, `A task was refused at ${opened} sessions, ${count} of them counted; its budget is ${perTask}`);
    else expect(opened <= perTask, `A task has opened ${opened} sessions; its budget is ${perTask}`);
    await sessions.end();
    const left = (await sessions.counted()).count;
    expect(left === 0, `${left} sessions of a task are counted that have all ended`);
    return {
      evidence: { task: { agent: sessions.agent.name, counted: first.count, opened, endedBy: end, countedAfterTheyEnded: left } },
      notProbed:
        end === 'TASK_BUDGET' ? [] : [`The budget of a task was not spent: ${opened} sessions of ${perTask} were opened, then ${end}`],
      counted: few > 0,
    };
  } finally {
    await sessions.end();
  }
}

/** @returns the error that ended it, or why it was not gone on with */
async function spend(sessions: TaskSessions, perTask: number): Promise<string> {
  if (perTask > MOST) return `it was left at that, for ${perTask} are too many to open`;
  for (let turn = 0; turn <= perTask; turn++) {
    const { error } = await sessions.openOne();
    if (error !== undefined) return error;
  }
  return 'nothing was refused';
}

/** Slots of one instance of each server, beside the agents that may use it. */
function roomOf(fleet: CheckedFleet): readonly { server: string; slots: number; agents: number }[] {
  return fleet.servers.flatMap((server) =>
    server.sidecar === undefined ? [] : [{ server: server.name, slots: server.sidecar.slots, agents: agentsOf(fleet, server).length }],
  );
}
