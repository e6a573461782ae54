import { readFile } from 'node:fs/promises';
import type { ReadProbe } from '../core/server-checks';
import { resultTextOf } from '../ledger/kept-text';
import { type Caller, callersOfEach, inSession } from './callers';
import { expectations, type Findings } from './check';
import { type CheckedFleet, callersOf } from './fleet';
import { fleetLoad } from './load';
import { grantLine } from './missing-line';
import { isRight, make, planned } from './probes';
import { carries, type HeldSecret, heldSecrets } from './server-secrets';
import { tablesOf } from './tables';

/** A text in which no secret may stand, and where it is. */
interface Place {
  readonly where: string;
  readonly text: string;
}

/** Check 5: server secrets live in the server; no agent, no result, no error and no log line ever carries one. Looked for by value. */
export async function secrets(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const { account } = fleet;
  const held = await heldSecrets(fleet);
  const known = held.filter(({ value }) => value !== undefined);

  const asked = await askLeakyTools(fleet);
  for (const { what, right, text } of asked) expect(right, `${what} was not answered as its probe expects: ${text.slice(0, 200)}`);
  const seen = (await fleetLoad(fleet)).calls.map(({ server, planned: call, reply }) => ({
    where: `${server.name} ${call?.tool ?? 'ping'}`,
    text: JSON.stringify(reply),
  }));
  const results = [...asked.map(({ what, text }) => ({ where: what, text })), ...seen];
  const rows = (await tablesOf(account).ledger()).map((row) => ({
    where: row.callId,
    text: `${JSON.stringify(row)} ${resultTextOf(row) ?? ''}`,
  }));
  const logs = await Promise.all(
    (await account.logFiles()).map(async (where) => ({ where, text: await readFile(where, 'utf8').catch(() => '') })),
  );
  const template = { where: 'the synthesized template', text: JSON.stringify(account.templates) };
  const environments = await environmentsOf(fleet);

  for (const { variable, server, value } of known) {
    const name = `The value of ${variable} of ${server}`;
    for (const { where } of thatCarry([...logs, template], value)) expect(false, `${name} stands in ${where}`);
    const strangers = environments.filter((environment) => !mayHold(held, environment, value));
    for (const { where } of thatCarry(strangers, value)) expect(false, `${name} stands in the environment of ${where}`);
  }
  const values = known.map(({ value }) => value);
  const leaked = (places: readonly Place[]): readonly string[] => [
    ...new Set(values.flatMap((value) => thatCarry(places, value).map(({ where }) => where))),
  ];
  const leakedResults = leaked(results);
  const leakedRows = leaked(rows);
  for (const where of leakedResults) expect(false, `A secret stands in the answer of ${where}`);
  for (const where of leakedRows) expect(false, `A secret stands in the ledger row ${where}`);

  return {
    evidence: {
      secretsOfServers: held.filter(({ of }) => of === 'server').map(({ server, role, variable }) => `${server}/${role} ${variable}`),
      keysOfTheFleet: held.filter(({ of }) => of === 'fleet').length,
      valuesLookedFor: known.length,
      resultsLookedThrough: results.length,
      resultsThatCarryOne: leakedResults,
      resultsMasked: results.filter(({ text }) => text.includes('[secret ')).length,
      ledgerRowsLookedThrough: rows.length,
      ledgerRowsThatCarryOne: leakedRows,
      logBytesLookedThrough: logs.reduce((sum, { text }) => sum + text.length, 0),
      logFilesThatCarryOne: leaked(logs).length,
      templateCarriesOne: leaked([template]).length > 0,
      otherProcessesLookedInto: environments.length,
    },
    failures,
    notProbed: leftOut(fleet, held),
    proven: known.length > 0 && logs.length > 0,
  };
}

function thatCarry<P extends Place>(places: readonly P[], value: string | undefined): readonly P[] {
  return value === undefined ? [] : places.filter(({ text }) => carries(text, value));
}

interface Environment extends Place {
  readonly role: string;
  readonly server: string | undefined;
}

/** The environments of all processes, where the machine shows them (Linux). */
async function environmentsOf({ account }: CheckedFleet): Promise<readonly Environment[]> {
  const read = (await account.processes()).map(async ({ role, server, pid }) => {
    const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => undefined);
    return text === undefined ? [] : [{ where: `${role} ${server ?? ''} ${pid}`, text, role, server }];
  });
  return (await Promise.all(read)).flat();
}

/** Whether a process is one of those that are given this value; two servers may share a secret. */
function mayHold(held: readonly HeldSecret[], { role, server }: Environment, value: string | undefined): boolean {
  return held.some((secret) => secret.value === value && secret.role === role && secret.server === server);
}

async function askLeakyTools(fleet: CheckedFleet) {
  const callers = await callersOfEach(fleet, ({ leak }) => leak);
  return await Promise.all(callers.map((caller) => ask(fleet, caller)));
}

async function ask(fleet: CheckedFleet, caller: Caller<ReadProbe>) {
  const { server, probe, kind } = caller;
  const call = planned(probe);
  const reply = await inSession(fleet, caller, (client) => make(client, call));
  return { what: `${server.name} ${probe.tool} by ${kind}`, right: await isRight(probe, call.mark, reply), text: JSON.stringify(reply) };
}

function leftOut(fleet: CheckedFleet, held: readonly HeldSecret[]): readonly string[] {
  const unknown = held.filter(({ value }) => value === undefined);
  const uncalled = fleet.servers.filter(({ checks }) => checks.leak !== undefined);
  const nothing = held.length === 0 ? ['No server of the fleet is given a secret, so that there is none to look for'] : [];
  return [
    ...nothing,
    ...unknown.map(
      ({ server, variable }) =>
        `The value of ${variable} of ${server} is not known here or has less than 8 characters, so that it was not looked for`,
    ),
    ...uncalled.flatMap((server) => {
      const tool = server.checks.leak?.tool ?? '';
      return callersOf(fleet, server, [tool]).length > 0 ? [] : [grantLine(server, [tool])];
    }),
  ];
}
