import { readFile } from 'node:fs/promises';
import type { LocalAccount } from '../local-account';
import { CLIENT_KINDS, type ClientKind } from './agent-client';
import { connect } from './agents';
import { expectations, type Findings } from './check';
import { resultOf, tablesOf } from './tables';
import { type Container, containersOf, referencesIn } from './template';

const VARIABLE = 'PAYMENTS_API_KEY';
/** The payments server's container, in the task named so. */
const HOLDER = 'payments';

/** Check 5: server secrets live in the server; no agent, no result, no error and no log line ever carries one. */
export async function secrets(account: LocalAccount): Promise<Findings> {
  const { expect, failures } = expectations();
  const holders = containersOf(account).filter((container) => VARIABLE in container.secrets);
  expect(holders.length === 1, `${holders.length} containers are injected ${VARIABLE}: ${holders.map(({ name }) => name).join(', ')}`);
  const value = holders[0] && secretOf(account, holders[0]);
  expect(value !== undefined && value.length >= 8, `The value of ${VARIABLE} is not known to the account, so nothing was looked for`);
  if (value === undefined || value.length < 8) return { evidence: { holders: holders.map(({ name }) => name) }, failures };

  const replies = await Promise.all(CLIENT_KINDS.map((kind) => askForKey(account, kind)));
  const leakedTo = replies.filter(({ text }) => carries(text, value)).map(({ kind }) => kind);
  const rows = await tablesOf(account).ledger();
  const leakingRows = rows.filter((row) => carries(`${JSON.stringify(row)} ${resultOf(row) ?? ''}`, value)).map(({ callId }) => callId);
  const logs = await Promise.all(account.logFiles().map(async (file) => ({ file, text: await readFile(file, 'utf8') })));
  const leakingLogs = logs.filter(({ text }) => carries(text, value)).map(({ file }) => file);
  const strangers = await environmentsOf(account);
  const holding = strangers.filter(({ text }) => carries(text, value)).map(({ process }) => process);
  const template = carries(JSON.stringify(account.templates), value);

  expect(leakingLogs.length === 0, `The value stands in ${leakingLogs.join(', ')}`);
  expect(holding.length === 0, `The value stands in the environment of ${holding.join(', ')}`);
  expect(!template, 'The value stands in the synthesized template');
  expect(logs.length > 0, 'There were no logs to look through');
  expect(
    replies.every(({ answered }) => answered),
    `integration_status answered without a key: ${replies.map(({ text }) => text.slice(0, 200)).join(' ')}`,
  );

  const masked = leakedTo.length === 0 && leakingRows.length === 0;
  return {
    evidence: {
      variable: VARIABLE,
      injectedInto: holders.map(({ id, name }) => `${id}/${name}`),
      resultsLookedThrough: replies.length,
      resultsThatCarryIt: leakedTo,
      ledgerRowsLookedThrough: rows.length,
      ledgerRowsThatCarryIt: leakingRows,
      logBytesLookedThrough: logs.reduce((sum, { text }) => sum + text.length, 0),
      logFilesThatCarryIt: leakingLogs.length,
      templateCarriesIt: template,
      otherProcessesLookedInto: strangers.length,
      otherProcessesThatCarryIt: holding.length,
    },
    failures,
    ...(!masked && { missing: 'the leak guard: the result of a tool that shows the key reaches the agent and the ledger unmasked' }),
  };
}

/** The environments of all processes but the holder's, where the machine shows them (Linux). */
async function environmentsOf(account: LocalAccount): Promise<readonly { readonly process: string; readonly text: string }[]> {
  const others = (await account.processes()).filter(({ role, server }) => role !== 'server' || server !== HOLDER);
  const read = others.map(async ({ role, server, pid }) => {
    const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => undefined);
    return text === undefined ? [] : [{ process: `${role} ${server ?? ''} ${pid}`, text }];
  });
  return (await Promise.all(read)).flat();
}

/** `answered`: the tool did say a key, whether the true one or what a mask made of it; without that nothing is proven. */
async function askForKey(account: LocalAccount, kind: ClientKind) {
  const client = await connect(account, 'treasury', HOLDER, kind);
  try {
    const reply = await client.call('integration_status', {});
    return { kind, answered: reply.kind === 'result' && /"apiKey":"./.test(reply.text), text: JSON.stringify(reply) };
  } finally {
    await client.close();
  }
}

/** As it is, escaped for JSON (also inside JSON inside JSON, as results are logged and stored), in base64, or escaped for a URL. */
function carries(text: string, value: string): boolean {
  const escaped = (times: number): string => (times === 0 ? value : JSON.stringify(escaped(times - 1)).slice(1, -1));
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '');
  return [0, 1, 2, 3]
    .map(escaped)
    .concat(base64, encodeURIComponent(value))
    .some((form) => text.includes(form));
}

/** The secret's value, or the member of it that `ValueFrom` names (`arn:json-key:stage:version`). */
function secretOf(account: LocalAccount, { stack, secrets: injected }: Container): string | undefined {
  const from = injected[VARIABLE];
  const id = referencesIn(from)[0];
  const value = id === undefined ? undefined : account.secretValue(stack, id);
  const member = /":([A-Za-z0-9_-]+)::"/.exec(JSON.stringify(from))?.[1];
  if (value === undefined || member === undefined) return value;
  return String((JSON.parse(value) as Record<string, unknown>)[member]);
}
