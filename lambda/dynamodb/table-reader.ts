import type { Agent } from 'node:http';
import type { GetItemInput, GetItemOutput, QueryInput, QueryOutput } from '@aws-sdk/client-dynamodb';
import { StandardRetryStrategy } from '@smithy/core/retry';
import { endpointOf, regionOf } from '../../core/aws-endpoint';
import type { AttemptLimits } from '../../core/aws-limits';
import { Signer } from '../../core/aws-signature';
import { attempt } from '../../ledger/table/attempts';
import type { TableClient } from '../../ledger/table/table-client';
import { exchange, keepingAgent } from '../exchange';
import { identityOf } from './identity';
import { isRecord, objectIn, refusalIn, unclear } from './refusal';

const API = 'DynamoDB_20120810';
/** What the SDK takes for DynamoDB, in milliseconds. */
const BASE_DELAY_MS = 25;

/**
 * Reads tables without the SDK's client, whose code takes longer to load than a function's first answer may. Who we are and where to
 * is what Lambda's environment says; the attempts are the SDK's. What is not clearly an answer is an error, never "no rows".
 */
export class TableReader implements Pick<TableClient, 'getItem' | 'query'> {
  private readonly url: URL;
  private readonly agent: Agent;
  private readonly signer: Signer;
  private readonly strategy: StandardRetryStrategy;

  /** @throws Error that names the variable which does not say where to read */
  constructor(
    private readonly limits: AttemptLimits,
    private readonly environment: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.url = endpointOf('dynamodb', environment);
    this.agent = keepingAgent(this.url, limits.connections);
    this.signer = new Signer(regionOf(environment), 'dynamodb');
    this.strategy = new StandardRetryStrategy({ maxAttempts: limits.attempts, baseDelay: BASE_DELAY_MS });
  }

  getItem(input: GetItemInput): Promise<GetItemOutput> {
    return this.ask('GetItem', input, problemOfItem);
  }

  query(input: QueryInput): Promise<QueryOutput> {
    return this.ask('Query', input, problemOfPage);
  }

  close(): void {
    this.agent.destroy();
  }

  private ask(operation: 'GetItem' | 'Query', input: object, problemOf: (output: Output) => string | undefined): Promise<Output> {
    const body = Buffer.from(JSON.stringify(input));
    return attempt(this.strategy, async () => {
      const { host, pathname: path } = this.url;
      const headers = this.signer.sign({ host, path, target: `${API}.${operation}`, body }, identityOf(this.environment), new Date());
      const answer = await exchange(this.url, { method: 'POST', headers, body, agent: this.agent }, this.limits);
      if (answer.status !== 200) throw refusalIn(answer, operation);
      const output = objectIn(answer.body);
      const problem = output === undefined ? 'what is no JSON object' : problemOf(output);
      if (output === undefined || problem !== undefined) throw unclear(`${operation} was answered with ${problem}`, answer);
      return output;
    });
  }
}

type Output = Readonly<Record<string, unknown>>;

function problemOfItem({ Item: item }: Output): string | undefined {
  return item === undefined || isRecord(item) ? undefined : 'an Item that is none';
}

function problemOfPage({ Items: items, Count: count, LastEvaluatedKey: last }: Output): string | undefined {
  if (!Array.isArray(items) || !items.every(isRecord)) return 'no list of Items';
  if (count !== items.length) return `${items.length} Items and a Count of ${count}`;
  if (last !== undefined && (!isRecord(last) || Object.keys(last).length === 0)) return 'a LastEvaluatedKey that is none';
  return undefined;
}
