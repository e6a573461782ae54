import { randomUUID } from 'node:crypto';
import { ledgerAt, tablesOf } from '../../checks/tables';
import { MODERN_REVISION, MODERN_VERSION_META } from '../../core/message';
import { CONDITIONS } from '../../ledger/protocol';
import { type LedgerRow, ownKey } from '../../ledger/row';
import { type AttachedAccount, attach } from '../../local/control-client';
import { type Company, TARBALL } from './companies';
import { type } from './terminal';
import { placeholdersIn } from './words';

const CALL_MS = 60_000;

const BALANCE = {
  name: 'balance',
  arguments: { account: 'vendors' },
  _meta: { [MODERN_VERSION_META]: MODERN_REVISION, 'io.modelcontextprotocol/clientCapabilities': {} },
};

/** What a reader puts something of his own in place of. */
interface Placeholder {
  readonly what: string;
  readonly where: RegExp;
  readonly value: (company: Company) => Promise<string> | string;
}

const PLACEHOLDERS: readonly Placeholder[] = [
  { what: 'the tarball', where: /(?<=^npm install .*)\bcdk-mcp-fleet\b/, value: () => `--prefer-offline ./${TARBALL}` },
  { what: 'a port that nobody has', where: /(?<=^(npx )?mcp-fleet local\b(?!.*--port).*)$/, value: () => ' --port 0' },
  { what: 'a port that nobody has', where: /(?<=^npm start)$/, value: () => ' -- --port 0' },
  { what: 'the address of the fleet', where: /https:\/\/mcp\.acme\.example/, value: async (company) => (await accountOf(company)).baseUrl },
  {
    what: 'what an agent asks for',
    where: /(?<=^curl .* )…$/,
    value: async (company) => `${(await accountOf(company)).baseUrl}/payments/calls/${await madeCall(company)}`,
  },
  { what: 'a token', where: /\$TOKEN\b/, value: async (company) => (await accountOf(company)).token('treasury') },
  { what: 'a call that was made', where: /(?<=ledger show |\/calls\/)(invoice-4711)/, value: (company) => madeCall(company) },
  { what: 'the id of a call', where: /(?<=ledger show )(order-17|4f2c…)/, value: async (company) => (await newestCall(company)).callId },
  {
    what: 'a call that nobody can tell of',
    where: /(?<=ledger resolve )(invoice-4711|order-17)/,
    value: (company) => unknownCall(company),
  },
  { what: 'a task that has called something', where: /(?<=mcp-fleet tasks )report-17/, value: (company) => taskWithCall(company) },
  { what: 'the process of an account', where: /(?<=--pid )4711/, value: async (company) => String((await accountOf(company)).pid) },
  { what: 'the ARN of a queue', where: /arn:aws:sqs:…/, value: () => 'arn:aws:sqs:eu-west-1:111122223333:jobs' },
  // The suite is the client that the inspector would be: that needs Node 22 and a browser.
  { what: 'a client', where: /^npx @modelcontextprotocol\/inspector /, value: () => '' },
];

/** @returns the command as a reader would type it @throws Error for a placeholder that is not declared */
export async function filledIn(command: string, company: Company): Promise<string> {
  let filled = command;
  for (const { where, value } of PLACEHOLDERS) if (where.test(filled)) filled = filled.replace(where, await escaped(value(company)));
  const open = placeholdersIn(filled);
  if (open.length > 0) throw new Error(`what stands for ${open.join(', ')} is not declared in test/docs/placeholders.ts`);
  return filled;
}

function accountOf({ folder }: Company): Promise<AttachedAccount> {
  return attach(folder);
}

/** The call that the README makes just before, with the client's own code. */
async function madeCall(company: Company): Promise<string> {
  const key = 'invoice-4711';
  const rows = await tablesOf(await accountOf(company)).ledger();
  if (!rows.some(({ idempotencyKey }) => idempotencyKey === key)) {
    const call = `mcp-fleet call treasury@payments transfer "$(cat transfer.json)" --key ${key}`;
    const { code, output } = await type(call, company, '', AbortSignal.timeout(CALL_MS));
    if (code !== 0) throw new Error(`${call} ended with ${code}: ${output}`);
  }
  return key;
}

/** A task that an agent has named, of which the ledger knows. */
async function taskWithCall(company: Company): Promise<string> {
  const account = await accountOf(company);
  const task = 'report-17';
  const response = await fetch(`${account.baseUrl}/payments/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await account.token('support')}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': MODERN_REVISION,
      'mcp-method': 'tools/call',
      'mcp-name': 'balance',
      'mcp-fleet-task': task,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: BALANCE }),
    signal: AbortSignal.timeout(CALL_MS),
  });
  if (!response.ok) throw new Error(`a call of the task ${task} was answered with ${response.status}: ${await response.text()}`);
  return task;
}

async function newestCall(company: Company): Promise<LedgerRow> {
  const rows = await tablesOf(await accountOf(company)).ledger();
  return rows.reduce((one, other) => (one.claimedAt > other.claimedAt ? one : other));
}

/**
 * One that nobody can tell of and that is a quarter of an hour old: only then a person may say what became of it. It is written down beside
 * one that a lost instance has left, for no row may be changed outside the protocol: the archive would tell.
 */
async function unknownCall(company: Company): Promise<string> {
  const account = await accountOf(company);
  const [row] = await tablesOf(account).unknown(account.servers);
  if (row === undefined) throw new Error('no call is unknown here');
  const { idempotencyKey: _, ...intent } = row;
  const callId = randomUUID();
  const pk = ownKey({ ...row, callId });
  const old = { ...intent, pk, callId, fence: randomUUID(), leaseUntil: Date.now() - 1 };
  const refused = await ledgerAt(account.dynamodbUrl, account.tables).put(old, CONDITIONS.begin());
  if (refused !== undefined) throw new Error('its row was not written');
  return callId;
}

/** For what `replace` takes as a replacement. */
async function escaped(value: Promise<string> | string): Promise<string> {
  return (await value).replaceAll('$', '$$$$');
}
