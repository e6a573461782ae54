/** One change of an item (DynamoDB Streams API, Record), as far as it is read. */
export interface StreamRecord {
  readonly eventID: string;
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly Keys: Readonly<Record<string, unknown>>;
    /** Seconds since the epoch. */
    readonly ApproximateCreationDateTime: number;
  };
}

interface Refused {
  readonly __type?: string;
  readonly message?: string;
}

/** Whoever asks; the embedded DynamoDB believes everybody on this machine. */
const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local';

/** Reads the streams of the embedded DynamoDB, which have one shard each. */
export class StreamsClient {
  constructor(private readonly url: string) {}

  async isThere(table: string): Promise<boolean> {
    const answer = await this.ask<object | Refused>('DescribeStream', { StreamArn: arnOf(table) });
    return 'StreamDescription' in answer;
  }

  /** The records that come behind one, oldest first. @param after its sequence number; absent for the oldest that is kept */
  async recordsAfter(table: string, after: string | undefined, limit: number): Promise<readonly StreamRecord[]> {
    const from = after === undefined ? { ShardIteratorType: 'TRIM_HORIZON' } : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' };
    const ShardIterator = await this.iterator(table, { ...from, ...(after !== undefined && { SequenceNumber: after }) });
    const { Records = [] } = await this.ask<{ Records?: readonly StreamRecord[] }>('GetRecords', { ShardIterator, Limit: limit });
    return Records;
  }

  /** Sequence number of the newest record; empty where there is none. */
  async newest(table: string): Promise<string> {
    const iterator = await this.iterator(table, { ShardIteratorType: 'LATEST' });
    return Buffer.from(iterator, 'base64').toString().split('|')[1] ?? '';
  }

  private async iterator(table: string, from: object): Promise<string> {
    const StreamArn = arnOf(table);
    const { StreamDescription } = await this.ask<{ StreamDescription: { Shards: readonly { ShardId: string }[] } }>('DescribeStream', {
      StreamArn,
    });
    const { ShardId } = StreamDescription.Shards[0] as { ShardId: string };
    return (await this.ask<{ ShardIterator: string }>('GetShardIterator', { StreamArn, ShardId, ...from })).ShardIterator;
  }

  private async ask<Answer>(operation: string, body: object): Promise<Answer> {
    const headers = { 'x-amz-target': `DynamoDBStreams_20120810.${operation}`, authorization: AUTHORIZATION };
    const answer = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Answer;
  }
}

function arnOf(table: string): string {
  return `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/local`;
}
