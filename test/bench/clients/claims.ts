import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createAwsClients } from '../../../gateway/aws/clients';
import { Ledger } from '../../../ledger/ledger';
import { LedgerTable } from '../../../ledger/ledger-table';
import { type LedgerRow, ledgerKey } from '../../../ledger/row';
import { sdkTable } from '../../../ledger/table/sdk-table';
import { padding } from '../calls';

/**
 * Claims keys and settles them by the client that `CLIENT` names, `lean` or `sdk`, and prints the microseconds of CPU that one claim and
 * its settlement take.
 */
const WARMING = 1_500;
const PAIRS = 3_000;
const AT_ONCE = 16;
const RESULT = padding(1_000);
const ARGUMENTS = JSON.stringify({ text: padding(200) });

const { table, dynamodb } = createAwsClients(Date.now, pino({ level: 'silent' }));
const client = process.env.CLIENT === 'sdk' ? sdkTable(dynamodb) : table;
const ledger = new Ledger(new LedgerTable(client, 'ledger'), { name: 'bench', now: Date.now });

async function claimAndSettle(): Promise<void> {
  const [callId, now] = [randomUUID(), Date.now()];
  const row: LedgerRow = {
    pk: ledgerKey('bench', 'agent', `k:${callId}`),
    callId,
    idempotencyKey: callId,
    server: 'bench',
    agent: 'agent',
    issuer: 'https://issuer.test',
    subject: 'agent',
    tool: 'note',
    argumentsDigest: 'a'.repeat(64),
    digestVersion: 1,
    arguments: ARGUMENTS,
    stateChanging: true,
    state: 'sent',
    fence: randomUUID(),
    owner: 'bench',
    claimedAt: now,
    sentAt: now,
    leaseUntil: now + 60_000,
  };
  const standing = await ledger.claim(row);
  if (standing !== undefined) throw new Error('a fresh key stands already');
  const settled = await ledger.advance(row, 'confirmed', { settledAt: Date.now(), result: RESULT, resultIsError: false });
  if (!settled) throw new Error('a claim of our own was not settled');
}

async function repeat(times: number): Promise<void> {
  let left = times;
  const worker = async () => {
    while (left-- > 0) await claimAndSettle();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function measure(): Promise<void> {
  await repeat(WARMING);
  const before = process.cpuUsage();
  await repeat(PAIRS);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(String((user + system) / PAIRS));
  process.exit(0);
}

void measure();
