import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { callDigest } from '../../core/call-digest';
import type { FleetConfig } from '../../core/fleet-config';
import type { JsonObject } from '../../core/message';
import { argumentNames, judgeRead, landedResult, type ReconcileConfig, type ReconciledCall, readArguments } from '../../core/reconcile';
import { segmentsOf } from '../../core/redaction';
import type { Finding } from '../../ledger/finding';
import { argumentsOf, encodeText } from '../../ledger/kept-text';
import type { Ledger } from '../../ledger/ledger';
import { conclusiveFrom } from '../../ledger/protocol';
import { type LedgerRow, ownKey } from '../../ledger/row';
import { judge } from '../../ledger/verdict';
import type { SealKeys } from '../identity/seal-keys';
import type { OwnCalls } from '../upstream/own-call';
import { redactedArguments } from './redacted-arguments';

/** Shortest and longest time between two reads for one call, in milliseconds, however many callers wait for it. */
const READ_EVERY_MS = { least: 1_000, most: 10_000 };

export interface ReconcileParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly ownCalls: OwnCalls;
  readonly ledger: Ledger;
  /** In whose name the reads are recorded. */
  readonly replica: string;
  readonly sealKeys: SealKeys;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Recovery of a write is a read. */
export class Reconciliations {
  /** Reads under way and just made, by the fence of their call. */
  private readonly recent = new Map<string, { readonly finding: Promise<Finding>; readonly until: number }>();

  constructor(private readonly parts: ReconcileParts) {}

  /**
   * Asks the server, by the tool that the operator has declared, whether a call took effect. That it did counts at any time;
   * that it did not, only once nothing of the call can be on its way any more. Undefined where no read is declared.
   */
  async seek(row: LedgerRow): Promise<Finding | undefined> {
    const config = this.parts.config.servers[row.server]?.tools[row.tool]?.reconcile;
    const args = config === undefined ? undefined : await argumentsOf(row);
    if (config === undefined || args === undefined || readsRedacted(row, config)) return undefined;
    const call = { arguments: args, idempotencyKey: row.idempotencyKey ?? null, callId: row.callId };
    const conclusive = conclusiveFrom(row, config.effectSeconds * 1_000);
    return this.once(row, conclusive, () => look(row, config, call, conclusive, this.parts));
  }

  /** The finding of a moment ago, or of a new look. A call is read for less often the longer nothing was found of it, and when that is conclusive. */
  private once(row: LedgerRow, conclusive: number, look: () => Promise<Finding>): Promise<Finding> {
    const now = this.parts.now();
    for (const [fence, { until }] of this.recent) if (until <= now) this.recent.delete(fence);
    const known = this.recent.get(row.fence);
    if (known !== undefined) return known.finding;
    const finding = look();
    this.recent.set(row.fence, { finding, until: nextRead(row, conclusive, now) });
    return finding;
  }
}

/** A row may have been redacted under another declaration than today's: a digest finds nothing, and would show that nothing happened. */
function readsRedacted({ redacted = [] }: LedgerRow, config: ReconcileConfig): boolean {
  const names = argumentNames(config);
  return redacted.flatMap(segmentsOf).some((name) => names.has(name));
}

function nextRead({ sentAt, claimedAt }: LedgerRow, conclusive: number, now: number): number {
  const age = now - (sentAt ?? claimedAt);
  const next = now + Math.min(Math.max(age / 4, READ_EVERY_MS.least), READ_EVERY_MS.most);
  return now < conclusive ? Math.min(next, conclusive) : next;
}

async function look(
  row: LedgerRow,
  config: ReconcileConfig,
  call: ReconciledCall,
  conclusive: number,
  parts: ReconcileParts,
): Promise<Finding> {
  const { log } = parts;
  const beganAt = parts.now();
  const event = { callId: row.callId, server: row.server, tool: config.tool };
  try {
    const result = await read(row, config, call, parts);
    const landing = await judgeRead(config, call, result);
    log.info({ event: 'reconciled', ...event, landing });
    if (landing === 'landed') {
      const response = { member: 'result', payload: await landedResult(config, call, result) } as const;
      return { kind: 'answer', answer: { response }, by: 'reconcile', because: `"${config.tool}" shows that it happened` };
    }
    if (landing === 'not_landed' && beganAt >= conclusive)
      return { kind: 'not_landed', by: 'reconcile', because: `"${config.tool}" shows that it did not happen` };
    return { kind: 'none', until: nextRead(row, conclusive, beganAt) };
  } catch (error) {
    log.warn({ event: 'not_reconciled', ...event, reason: (error as Error).message });
    return { kind: 'none', until: nextRead(row, conclusive, beganAt) };
  }
}

/**
 * Reads in the name of the call's agent. The read is a call too: it stands in the ledger before it is believed.
 * @throws Error when the server answers with a JSON-RPC error: that shows nothing
 */
async function read(row: LedgerRow, config: ReconcileConfig, call: ReconciledCall, parts: ReconcileParts): Promise<JsonObject> {
  const { ownCalls, ledger, replica, now } = parts;
  const { server, agent } = row;
  const args = await readArguments(config, call);
  const callId = randomUUID();
  const claimedAt = now();
  const context = { agent, server, callId };
  const response = await ownCalls.call({ name: config.tool, arguments: args }, context);
  const judging = { era: 'modern', serverConfig: {}, claimed: false } as const;
  const { outcome, settlement } = await judge({ response }, judging, now());
  const argumentsText = JSON.stringify(args);
  const kept = redactedArguments(argumentsText, parts.config.servers[server]?.tools[config.tool] ?? {}, parts.sealKeys);
  const { text, encoding } = await encodeText(kept.text);
  const { digest, version } = callDigest(config.tool, argumentsText);
  await ledger.append({
    ...settlement,
    pk: ownKey({ server, agent, callId }),
    callId,
    server,
    agent,
    issuer: row.issuer,
    subject: row.subject,
    ...(row.task !== undefined && { task: row.task }),
    tool: config.tool,
    argumentsDigest: digest,
    digestVersion: version,
    arguments: text,
    ...(encoding !== undefined && { argumentsEncoding: encoding }),
    ...(kept.redacted.length > 0 && { redacted: kept.redacted }),
    stateChanging: false,
    state: outcome,
    reason: `RECONCILE: ${row.callId}`,
    fence: randomUUID(),
    owner: replica,
    claimedAt,
    leaseUntil: claimedAt,
  });
  if (response.member === 'error') throw new Error('the server answered the read with a JSON-RPC error');
  return JSON.parse(response.payload) as JsonObject;
}
