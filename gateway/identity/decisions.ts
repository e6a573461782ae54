import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type Agent, agentId } from '../../core/agent';
import { FleetError } from '../../core/errors';
import { type AuthorizeRequest, DECISION_SECONDS, type Decision } from '../../core/policy';

/** Longest time for which a decision is believed, in milliseconds: so long may it take until what was changed in the table by other means holds. */
const DECISION_LIFETIME_MS = DECISION_SECONDS * 1_000;

const REMEMBERED_DECISIONS = 10_000;

/** The authorizer's decisions, remembered for a short time. */
export interface Decisions {
  /** @throws FleetError AUTHORIZER_UNAVAILABLE: without a decision nothing is allowed */
  of(agent: Agent, server: string): Promise<Decision>;
  /** Has the authorizer asked anew about an agent. @param agent agentId */
  forget(agent: string): void;
}

export function createDecisions(lambda: LambdaClient, functionName: string, now: () => number): Decisions {
  const known = new Map<string, { decision: Promise<Decision>; until: number }>();

  return {
    of(agent, server) {
      const key = `${agentId(agent)}${server}`;
      const hit = known.get(key);
      if (hit !== undefined && hit.until > now()) return hit.decision;

      if (known.size >= REMEMBERED_DECISIONS) known.delete(known.keys().next().value as string);
      const entry = { decision: ask(lambda, functionName, agent, server), until: now() + DECISION_LIFETIME_MS };
      known.set(key, entry);
      entry.decision.then(
        ({ expiresAt }) => {
          if (expiresAt !== undefined) entry.until = Math.min(entry.until, expiresAt * 1000);
        },
        () => known.delete(key), // a failure is not a decision
      );
      return entry.decision;
    },

    forget(agent) {
      for (const key of known.keys()) if (key.startsWith(agent)) known.delete(key);
    },
  };
}

async function ask(lambda: LambdaClient, functionName: string, agent: Agent, server: string): Promise<Decision> {
  const request: AuthorizeRequest = { kind: 'mcp-fleet.authorize', agent, server };
  try {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
    );
    if (FunctionError !== undefined || Payload === undefined) throw new Error(FunctionError ?? 'it answered nothing');
    const decision = JSON.parse(Buffer.from(Payload).toString()) as Decision;
    if (decision.effect !== 'allow' && decision.effect !== 'deny') throw new Error('it answered no decision');
    return decision;
  } catch (error) {
    throw new FleetError('AUTHORIZER_UNAVAILABLE', { reason: `the authorizer function failed (${(error as Error).name})` });
  }
}
