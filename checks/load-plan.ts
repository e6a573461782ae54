import { allowsFreely } from '../core/granted';
import type { ReadProbe, WriteProbe } from '../core/server-checks';
import type { AgentClient, ClientKind, Reply } from './agent-client';
import { type CheckedAgent, type CheckedFleet, type CheckedServer, decisionOf } from './fleet';
import { countIn, isRight, make, newMark, type PlannedCall, planned } from './probes';

export const STEPS_PER_SESSION = 20;
/** Every so often a step is a write, where one may be made; the one after it reads what it did. */
const WRITE_EVERY = 5;

/** Something to do in a session. */
export interface LoadStep {
  /** The call; undefined for a ping, which is no call and stands in no ledger. */
  readonly planned?: PlannedCall;
  /** Idempotency key, for calls that change state. */
  readonly key?: string;
  readonly take: (client: AgentClient) => Promise<{ readonly reply: Reply; readonly right: boolean }>;
}

/** What one connection does, one after another: what its server lets be called and its agent may call, else pings. */
export function planOf(fleet: CheckedFleet, server: CheckedServer, agent: CheckedAgent, kind: ClientKind): readonly LoadStep[] {
  const decision = decisionOf(fleet, agent, server);
  const { read, write } = server.checks;
  const mayRead = read !== undefined && allowsFreely(decision, read.tool);
  const mayWrite = write !== undefined && [write.tool, write.executions.tool].every((tool) => allowsFreely(decision, tool));
  const steps: LoadStep[] = [];
  while (steps.length < STEPS_PER_SESSION) {
    const writes = mayWrite && (steps.length % WRITE_EVERY === 0 || !mayRead);
    if (writes) steps.push(...writeAndLook(write));
    else if (mayRead) steps.push(readOnce(read));
    else if (kind === 'v2-modern') break;
    else steps.push(PING);
  }
  return steps.slice(0, STEPS_PER_SESSION);
}

const PING: LoadStep = {
  take: async (client) => {
    const reply = await client.ping();
    return { reply, right: reply.kind === 'result' };
  },
};

function readOnce(read: ReadProbe): LoadStep {
  const call = planned(read);
  return {
    planned: call,
    take: async (client) => {
      const reply = await make(client, call);
      return { reply, right: await isRight(read, call.mark, reply) };
    },
  };
}

/** A write, then the read that must find it once: in a session that holds state of its own, only its own instance can. */
function writeAndLook(write: WriteProbe): readonly LoadStep[] {
  const mark = newMark();
  const call = planned(write, mark);
  const written: LoadStep = {
    planned: call,
    key: mark,
    take: async (client) => {
      const reply = await make(client, call, { key: mark });
      return { reply, right: reply.kind === 'result' && !reply.isError };
    },
  };
  const look = planned(write.executions, mark);
  const looked: LoadStep = {
    planned: look,
    take: async (client) => {
      const reply = await make(client, look);
      return { reply, right: (await countIn(write.executions, mark, reply)) === 1 };
    },
  };
  return [written, looked];
}
