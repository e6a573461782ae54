import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isClockSkewError } from '@smithy/core/retry';
import type { RetryStrategyV2 } from '@smithy/types';
import { Pool } from 'undici';
import type { AttemptLimits } from '../../core/aws-limits';
import { Signer } from '../../core/aws-signature';
import { attempt } from './attempts';
import { Connections } from './connections';
import { type Answer, exchange } from './exchange';
import { placeOf } from './place';
import { refusalIn } from './refusal';
import { correctClock } from './skew';
import type { Operation, Operations, TableSender } from './table-client';

/** Idle connections are left to the endpoint to close, which does it long before; in milliseconds. */
const IDLE_MS = 60_000;
/** Far above a page of a query (1 MB; DynamoDB quotas) in JSON, in bytes. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;
const API = 'DynamoDB_20120810';

interface Line {
  readonly pool: Pool;
  readonly connections: Connections;
  readonly signer: Signer;
  readonly host: string;
  readonly path: string;
}

/**
 * Sends the hot operations without the middleware of the SDK's client, which takes several times what signing and sending take.
 * Who we are, where to, how often and with which clock is that client's; what is refused is read by it.
 */
export class LeanSender implements TableSender {
  private line: Promise<Line> | undefined;

  /** @param client never used to send; it may be the one that sends everything else */
  constructor(
    private readonly client: Pick<DynamoDBClient, 'config'>,
    private readonly limits: Pick<AttemptLimits, 'connectMs' | 'answerMs' | 'connections'>,
  ) {}

  async send<O extends Operation>(
    { operation, input }: { readonly operation: O; readonly input: Operations[O]['input'] },
    { abortSignal }: { readonly abortSignal?: AbortSignal } = {},
  ): Promise<Operations[O]['output']> {
    const body = Buffer.from(JSON.stringify(input));
    const strategy = (await this.client.config.retryStrategy()) as RetryStrategyV2;
    return attempt(strategy, () => this.ask(operation, body, abortSignal), abortSignal);
  }

  async destroy(): Promise<void> {
    const line = await this.line?.catch(() => undefined);
    await line?.pool.destroy();
  }

  private async ask<O extends Operation>(operation: O, body: Buffer, signal?: AbortSignal): Promise<Operations[O]['output']> {
    const { config } = this.client;
    const [{ connections, signer, host, path }, identity] = [await this.open(), await config.credentials()];
    const at = Date.now();
    const offset = config.systemClockOffset;
    const headers = signer.sign({ host, path, target: `${API}.${operation}`, body }, identity, new Date(at + offset));
    const answer = await exchange(connections, { path, headers, body }, this.limits, signal);
    const corrected = correctClock(config, answer, { at, offset });
    const output = answer.status < 300 ? outputOf(answer) : undefined;
    if (output !== undefined) return output as Operations[O]['output'];
    const refusal = await refusalIn(answer, operation, this.client);
    if (corrected && isClockSkewError(refusal)) refusal.$metadata = { ...refusal.$metadata, clockSkewCorrected: true };
    throw refusal;
  }

  /** Finds the endpoint once; what fails is tried again by the next request. */
  private open(): Promise<Line> {
    this.line ??= this.find().catch((error) => {
      this.line = undefined;
      throw error;
    });
    return this.line;
  }

  private async find(): Promise<Line> {
    const { url, region, service } = await placeOf(this.client);
    const { connections: most, connectMs } = this.limits;
    const pool = new Pool(url.origin, {
      connections: most,
      connect: { timeout: connectMs },
      keepAliveTimeout: IDLE_MS,
      maxResponseSize: ANSWER_LIMIT_BYTES,
      // Both are bounded by the request itself.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
    return { pool, connections: new Connections(pool, most), signer: new Signer(region, service), host: url.host, path };
  }
}

/** Undefined where the body is no JSON object. */
function outputOf({ body }: Answer): object | undefined {
  if (body.length === 0) return {};
  try {
    const output: unknown = JSON.parse(body.toString());
    return typeof output === 'object' && output !== null ? output : undefined;
  } catch {
    return undefined;
  }
}
