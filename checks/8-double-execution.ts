import type { WriteProbe } from '../core/server-checks';
import type { Reply } from './agent-client';
import { type Caller, callersOfEach, inSession } from './callers';
import { expectations, type Findings } from './check';
import { cutCall } from './cut-call';
import type { CheckedFleet } from './fleet';
import { type Kill, type KilledCall, killedCalls } from './killed-calls';
import { grantLine, nobodyLine, probeLine } from './missing-line';
import { executionsOf, make, planned } from './probes';
import { inTurns } from './waiting';

const DUPLICATES = 5;
const AT_ONCE = 4;

/** Check 8: every state-changing call is protected against double execution after a drop. */
export async function doubleExecution(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const writers = await callersOfEach(fleet, ({ write }) => write);
  fleet.say('sends writes again: with their key, five times at once, after a cut connection');
  const repeats = await inTurns(writers, AT_ONCE, (writer) => repeat(fleet, writer));
  const kill = await killedCalls(fleet);
  if (typeof kill !== 'string') fleet.say('sends again what was lost with its instance');
  const retries = typeof kill === 'string' ? [] : await Promise.all(kill.calls.map((call) => retry(fleet, kill, call)));

  for (const { who, first, again, other, twice, concurrent, atOnce, cut, afterCut } of repeats) {
    expect(twice === 1, `A write sent twice with one key by ${who} was executed ${twice} times`);
    expect(isResult(first, false), `The first write by ${who} was answered ${show(first)}`);
    expect(
      isResult(again, true) && textOf(again) === textOf(first),
      `The same write with the same key by ${who} was answered ${show(again)}`,
    );
    const reused = other === undefined || (other.kind === 'error' && other.code === 422 && other.data.error === 'KEY_REUSED');
    expect(reused, `The same key with other arguments by ${who} was answered ${other && show(other)}`);
    expect(atOnce === 1, `${DUPLICATES} duplicates at once by ${who} were executed ${atOnce} times`);
    const same = new Set(concurrent.map(textOf)).size === 1 && concurrent.every((reply) => reply.kind === 'result' && !reply.isError);
    expect(same, `${DUPLICATES} duplicates at once by ${who} were answered ${concurrent.map(show).join(' | ')}`);
    const executed = concurrent.filter((reply) => isResult(reply, false)).length;
    expect(executed === 1, `${executed} of ${DUPLICATES} duplicates at once by ${who} were told that they were executed`);
    expect(afterCut === 1, `A write whose connection was cut, sent again with its key by ${who}, was executed ${afterCut} times`);
    expect(
      cut.kind === 'result' && !cut.isError,
      `A write whose connection was cut, sent again with its key by ${who}, was answered ${show(cut)}`,
    );
  }
  for (const { client, key, executions, retried } of retries) {
    expect(
      executions === 1,
      `The retry of a killed call by ${client} ${key ? 'with its key' : 'without a key'} made ${executions} executions (${brief(retried)})`,
    );
  }

  return {
    evidence: {
      sameKeyTwice: repeats.map(({ who, twice, first, again, other }) => ({
        client: who,
        executions: twice,
        first: brief(first),
        again: brief(again),
        otherArguments: brief(other),
      })),
      duplicatesAtOnce: repeats.map(({ who, atOnce, concurrent }) => ({
        client: who,
        sent: DUPLICATES,
        executions: atOnce,
        answered: concurrent.map(brief),
      })),
      retriesAfterCut: repeats.map(({ who, cut, afterCut }) => ({ client: who, executions: afterCut, retryAnswered: brief(cut) })),
      retriesAfterKill: retries.map(({ client, key, executions, retried }) => ({
        client,
        key: key ?? 'none',
        executions,
        retryAnswered: brief(retried),
      })),
    },
    failures,
    notProbed: leftOut(fleet, kill, writers),
    proven: repeats.length > 0,
  };
}

/** All in one session: some servers keep what they do in it. */
function repeat(fleet: CheckedFleet, writer: Caller<WriteProbe>) {
  const { server, agent, probe, kind } = writer;
  return inSession(fleet, writer, async (client) => {
    const call = planned(probe);
    const first = await make(client, call, { key: call.mark });
    const again = await make(client, call, { key: call.mark });
    const other =
      server.config?.tools[probe.tool]?.keyArgument === undefined ? await make(client, planned(probe), { key: call.mark }) : undefined;
    const duplicate = planned(probe);
    const concurrent = await Promise.all(Array.from({ length: DUPLICATES }, () => make(client, duplicate, { key: duplicate.mark })));
    const lost = planned(probe);
    await cutCall(fleet.account, { server: server.name, agent, call: lost, key: lost.mark, session: client.sessionId() });
    const cut = await make(client, lost, { key: lost.mark });
    const count = (mark: string) => executionsOf(client, probe, mark);
    const counts = { twice: await count(call.mark), atOnce: await count(duplicate.mark), afterCut: await count(lost.mark) };
    return { who: `${server.name} ${kind}`, first, again, other, concurrent, cut, ...counts };
  });
}

/** The same call again, in a new session: the old one was lost with its instance. */
function retry(fleet: CheckedFleet, { server, agent, probe }: Kill, { client: kind, call, key }: KilledCall) {
  return inSession(fleet, { server, agent, kind }, async (client) => {
    const retried = await make(client, call, { key });
    return { client: kind, key, retried, executions: await executionsOf(client, probe, call.mark) };
  });
}

function leftOut(fleet: CheckedFleet, kill: Kill | string, writers: readonly Caller<WriteProbe>[]): readonly string[] {
  const nobody = nobodyLine(fleet);
  if (nobody !== undefined) return [nobody];
  const without = fleet.servers.filter(({ checks }) => checks.write === undefined);
  const ungranted = fleet.servers.filter(
    (server) => server.checks.write !== undefined && !writers.some((writer) => writer.server === server),
  );
  return [
    ...(without.length > 0 ? [probeLine(without, 'write', 'No write was sent again')] : []),
    ...ungranted.map((server) => grantLine(server, [server.checks.write?.tool ?? '', server.checks.write?.executions.tool ?? ''])),
    ...(typeof kill === 'string' ? [kill] : []),
  ];
}

function isResult(reply: Reply, replayed: boolean): boolean {
  return reply.kind === 'result' && !reply.isError && reply.stamp?.replayed === replayed;
}

function textOf(reply: Reply): string {
  return reply.kind === 'result' ? reply.text : '';
}

function brief(reply: Reply | undefined): string {
  if (reply?.kind === 'result') return `${reply.stamp?.outcome}, replayed ${reply.stamp?.replayed}`;
  if (reply?.kind === 'error') return `${reply.code} ${reply.data.error}`;
  return reply?.kind ?? 'nothing';
}

function show(reply: Reply): string {
  return JSON.stringify(reply).slice(0, 300);
}
