import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import type { Context, DynamoDBStreamEvent } from 'aws-lambda';
import { ARCHIVE_LIMITS, clientSettings, FUNCTION_TABLE_LIMITS } from '../core/aws-limits';
import { emfLine } from '../core/emf';
import { ARCHIVER_CONFIG_VARIABLE, type ArchiverConfig } from '../core/fleet-config';
import { requireKnown } from '../core/formats';
import { ALL_SERVERS } from '../core/metrics';
import { AgentKeys } from '../ledger/archive/agent-keys';
import { ArchiveBucket } from '../ledger/archive/archive-bucket';
import type { Change } from '../ledger/archive/record';
import { ArchiveWriter } from './archive-writer';
import { requireVariable } from './environment';
import { invocationLog, note } from './invocation-log';
import { sealedChanges } from './sealed-changes';
import { changeOf } from './stream-change';

const config = requireKnown('archiverConfig', JSON.parse(requireVariable(ARCHIVER_CONFIG_VARIABLE)) as ArchiverConfig);
const writer = new ArchiveWriter(new ArchiveBucket(new S3Client(clientSettings(ARCHIVE_LIMITS)), config.bucket));
/** How long a key is still used that was destroyed meanwhile: what it has sealed since is lost with it. In milliseconds. */
const KEY_HELD_MS = 60_000;
const keys = new AgentKeys(new DynamoDBClient(clientSettings(FUNCTION_TABLE_LIMITS)), config.agentKeysTable, KEY_HELD_MS);

/**
 * Appends every change of the ledger to the archive, what is personal in it under its agent's key. It reads the stream, makes keys and puts
 * objects; it can neither write the table nor delete. An error, also of a key that is not to be had, fails the batch as a whole, which then
 * comes again until it is taken: nothing is ever left out, nor archived in plain.
 */
export const handler = middy<DynamoDBStreamEvent, void>()
  .use(invocationLog('ledger_archiver'))
  .handler(async ({ Records }: DynamoDBStreamEvent, context: Context): Promise<void> => {
    const changes = Records.map(changeOf);
    const appended = await writer.append(await sealedChanges(changes, keys));
    const outside = changes.filter((change) => change.outside !== undefined);
    note(context, { records: changes.length, appended, outside: outside.length });
    for (const change of outside) tell(change);
    emit(changes, outside);
  });

/** Which row, and why; nothing of what is in it. */
function tell({ pk, eventId, event, outside }: Change): void {
  const line = { time: new Date().toISOString(), event: 'ledger_outside_protocol', level: 'error', pk, change: event, eventId, outside };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Of all servers together. Zero is said too: an alarm tells "none" from "nobody looked". */
function emit(changes: readonly Change[], outside: readonly Change[]): void {
  const values = { LedgerChangesArchived: changes.length, LedgerChangesOutside: outside.length };
  process.stdout.write(`${emfLine({ Fleet: config.fleet, Server: ALL_SERVERS }, values, Date.now())}\n`);
}
