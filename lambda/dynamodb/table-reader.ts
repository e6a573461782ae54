import type { Agent } from 'node:http';
import type { GetItemInput, GetItemOutput, QueryInput, QueryOutput } from '@aws-sdk/client-dynamodb';
import { StandardRetryStrategy } from '@smithy/core/retry';
import type { AttemptLimits } from '../../core/aws-limits';
import { attempt } from '../../ledger/table/attempts';
import type { Answer } from '../../ledger/table/exchange';
import { Signer } from '../../ledger/table/signature';
import type { TableClient } from '../../ledger/table/table-client';
import { exchange, keepingAgent } from '../exchange';
import { endpointOf, regionOf } from './endpoint';
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
    this.url = endpointOf(environment);
    this.agent = keepingAgent(this.url, limits.connections);
    this.signer = new Signer(regionOf(environment), 'dynamodb');
    this.strategy = new StandardRetryStrategy({ maxAttempts: limits.attempts, baseDelay: BASE_DELAY_MS });
  }

  async getItem(input: GetItemInput): Promise<GetItemOutput> {
    const { output, answer } = await this.ask('GetItem', input);
    if (output.Item !== undefined && !isRecord(output.Item)) throw unclear('GetItem was answered with an Item that is none', answer);
    return output;
  }

  async query(input: QueryInput): Promise<QueryOutput> {
    const { output, answer } = await this.ask('Query', input);
    const { Items: items, Count: count, LastEvaluatedKey: last } = output;
    if (!Array.isArray(items) || !items.every(isRecord)) throw unclear('Query was answered without a list of Items', answer);
    if (count !== items.length) throw unclear(`Query was answered with ${items.length} Items and a Count of ${count}`, answer);
    if (last !== undefined && (!isRecord(last) || Object.keys(last).length === 0))
      throw unclear('Query was answered with a LastEvaluatedKey that is none', answer);
    return output;
  }

  close(): void {
    this.agent.destroy();
  }

  private ask(operation: 'GetItem' | 'Query', input: object): Promise<{ output: Readonly<Record<string, unknown>>; answer: Answer }> {
    const body = Buffer.from(JSON.stringify(input));
    return attempt(this.strategy, async () => {
      const { host, pathname: path } = this.url;
      const headers = this.signer.sign({ host, path, target: `${API}.${operation}`, body }, identityOf(this.environment), new Date());
      const answer = await exchange(this.url, { method: 'POST', headers, body, agent: this.agent }, this.limits);
      if (answer.status !== 200) throw refusalIn(answer, operation);
      const output = objectIn(answer.body);
      if (output === undefined) throw unclear(`${operation} was answered with what is no JSON object`, answer);
      return { output, answer };
    });
  }
}
