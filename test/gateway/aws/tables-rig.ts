import { pino } from 'pino';
import type { AwsLimits } from '../../../core/aws-limits';
import type { ServerConfig } from '../../../core/fleet-config';
import { type AwsClients, createAwsClients } from '../../../gateway/aws/clients';
import type { Composition } from '../../../gateway/compose';
import { Directory } from '../../../gateway/ledger/directory';
import { Fences } from '../../../gateway/ledger/fences';
import { Ledger } from '../../../ledger/ledger';
import { LedgerTable } from '../../../ledger/ledger-table';
import { GroupCommit } from '../../../ledger/table/group-commit';
import { type Rig, startRig } from '../rig';
import { startTablesProxy, type TablesProxy } from './proxy';

const PLACE = { region: 'eu-central-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };

/** A gateway whose tables stand behind a proxy that sees each request, and may lose it. */
export interface TablesRig {
  readonly rig: Rig;
  readonly tables: TablesProxy;
  readonly aws: AwsClients;
  stop(): Promise<void>;
}

/** @param now by which a table that is gone is left alone for a while; it stands where nothing else is said, and so does that */
export async function startTablesRig(
  servers: Record<string, Partial<ServerConfig>>,
  dynamodb: AwsLimits,
  now: () => number = () => 0,
): Promise<TablesRig> {
  const rig = await startRig(servers);
  const tables = await startTablesProxy(rig.tablesUrl);
  const limits = { dynamodb, lambda: dynamodb, secrets: dynamodb };
  const aws = createAwsClients(now, pino({ enabled: false }), { ...PLACE, endpoints: { dynamodb: tables.url } }, limits);
  const appending = new GroupCommit(aws.table, 'ledger', () => undefined);
  const parts: Partial<Composition> = {
    ledger: new Ledger(new LedgerTable(aws.table, 'ledger', appending), { name: 'replica-1', now: rig.gateway.now }),
    directory: new Directory(aws.table, 'directory'),
    fences: new Fences(aws.table, 'directory'),
  };
  Object.assign(rig.gateway, parts);
  const stop = async (): Promise<void> => {
    aws.dynamodb.destroy();
    await tables.close();
    await rig.stop();
  };
  return { rig, tables, aws, stop };
}
