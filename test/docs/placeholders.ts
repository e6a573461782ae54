import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { tablesOf } from '../../checks/tables';
import type { LedgerRow } from '../../ledger/row';
import { type AttachedAccount, attach } from '../../local/control-client';
import { type Company, TARBALL } from './companies';
import { type } from './terminal';
import { placeholdersIn } from './words';

const CALL_MS = 60_000;

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

async function newestCall(company: Company): Promise<LedgerRow> {
  const rows = await tablesOf(await accountOf(company)).ledger();
  return rows.reduce((one, other) => (one.claimedAt > other.claimedAt ? one : other));
}

/** One that a lost instance has left; a person may say what became of it a quarter of an hour later, which has passed then. */
async function unknownCall(company: Company): Promise<string> {
  const account = await accountOf(company);
  const [row] = await tablesOf(account).unknown(account.servers);
  if (row === undefined) throw new Error('no call is unknown here');
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const dynamodb = new DynamoDBClient({ endpoint: account.dynamodbUrl, region: 'us-east-1', credentials });
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: account.tables.ledger,
      Key: marshall({ pk: row.pk }),
      UpdateExpression: 'SET leaseUntil = :past',
      ExpressionAttributeValues: marshall({ ':past': Date.now() - 1 }),
    }),
  );
  return row.callId;
}

/** For what `replace` takes as a replacement. */
async function escaped(value: Promise<string> | string): Promise<string> {
  return (await value).replaceAll('$', '$$$$');
}
