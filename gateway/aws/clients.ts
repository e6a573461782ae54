import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Logger } from 'pino';
import { type AwsLimits, clientSettings, FUNCTION_LIMITS, SECRET_LIMITS, TABLE_LIMITS } from '../../core/aws-limits';
import { LeanSender } from '../../ledger/table/lean-sender';
import { type TableClient, tableOf } from '../../ledger/table/table-client';
import { Breaker } from './breaker';
import { limited } from './limited';

/** The gateway's dependencies at AWS. Each has a pool and a breaker of its own: one that is gone takes nothing from the others. */
export interface AwsClients {
  readonly dynamodb: DynamoDBClient;
  /** The hot operations, at a fraction of the cost; by the same configuration, limits and breaker. */
  readonly table: TableClient;
  readonly lambda: LambdaClient;
  readonly secrets: SecretsManagerClient;
  /** The breakers whose standing says whether this replica can serve. */
  readonly tables: Breaker;
  readonly authorizer: Breaker;
}

/** Where AWS is and who we are; nothing in a task, which has both in its environment. */
export interface AwsPlace {
  readonly region?: string;
  readonly endpoints?: { readonly dynamodb?: string; readonly lambda?: string; readonly secrets?: string };
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const LIMITS = { dynamodb: TABLE_LIMITS, lambda: FUNCTION_LIMITS, secrets: SECRET_LIMITS };

/** @param limits shorter ones, for who cannot wait */
export function createAwsClients(
  now: () => number,
  log: Logger,
  { endpoints = {}, ...place }: AwsPlace = {},
  limits: Record<keyof typeof LIMITS, AwsLimits> = LIMITS,
): AwsClients {
  const breaker = (dependency: string) =>
    new Breaker(dependency, now, (standing) => log.warn({ event: 'dependency_changed', dependency, standing }));
  const settings = (name: keyof typeof LIMITS) => ({
    ...place,
    ...(endpoints[name] !== undefined && { endpoint: endpoints[name] }),
    ...clientSettings(limits[name]),
  });
  const tables = breaker('tables');
  const authorizer = breaker('authorizer');
  const dynamodb = new DynamoDBClient(settings('dynamodb'));
  return {
    table: tableOf(limited(new LeanSender(dynamodb, limits.dynamodb), { ...limits.dynamodb, breaker: tables })),
    dynamodb: limited(dynamodb, { ...limits.dynamodb, breaker: tables }),
    lambda: limited(new LambdaClient(settings('lambda')), { ...limits.lambda, breaker: authorizer }),
    secrets: limited(new SecretsManagerClient(settings('secrets')), { ...limits.secrets, breaker: breaker('secrets') }),
    tables,
    authorizer,
  };
}
