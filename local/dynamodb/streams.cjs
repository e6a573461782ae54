// DynamoDB Streams: each write that changes an item leaves a record with both images, in the order of the writes. One shard for each table.
const { createHash, randomUUID } = require('node:crypto');
const { isDeepStrictEqual } = require('node:util');
const { refusal } = require('./operations.cjs');

const TARGET = 'DynamoDBStreams_20120810.';
/** Where the shards of AWS come and go, this one stays. */
const SHARD = 'shardId-00000000000000000001-00000001';
/** How long records are kept (DynamoDB Developer Guide, "Change data capture for DynamoDB Streams"), in milliseconds. */
const KEPT_MS = 24 * 3_600_000;
/** Most records, and bytes, of one GetRecords (DynamoDB API Reference). */
const RECORDS = 1_000;
const BYTES = 1024 * 1024;
/** Above any digit: behind the last record of a table. */
const END = ':';

/** The streams of a store, which it keeps beside its tables. */
exports.Streams = class {
  constructor(store) {
    this.store = store;
    this.byTable = new Map();
    const { getItemDb } = store;
    store.getItemDb = (name) => this.byTable.get(name)?.watch(getItemDb(name)) ?? getItemDb(name);
  }

  /** From now on each write to a table leaves a record. */
  begin(table) {
    if (this.byTable.has(table)) return;
    this.store.getTable(table, (error, found) => {
      if (!error) this.byTable.set(table, new Stream(this.store.db, found));
    });
  }

  /** @param upTo sequence number of the last record that may go */
  trim(table, upTo) {
    this.byTable.get(table)?.trim(upTo);
  }

  operations() {
    return Object.fromEntries(
      Object.entries({
        DescribeStream: ({ StreamArn }) => ({ StreamDescription: this.find(StreamArn).describe(StreamArn) }),
        GetShardIterator: async (input) => ({ ShardIterator: await this.find(input.StreamArn).iterator(input) }),
        GetRecords: ({ ShardIterator, Limit = RECORDS }) => {
          const [table, after] = textOf(ShardIterator).split('|');
          return this.find(`:table/${table}/`).records(after, Limit);
        },
      }).map(([name, answer]) => [TARGET + name, answer]),
    );
  }

  /** @throws refusal ResourceNotFoundException */
  find(arn) {
    const [, table] = /:table\/([^/]+)\//.exec(arn ?? '') ?? [];
    const stream = this.byTable.get(table);
    if (stream === undefined) throw refusal('ResourceNotFoundException', `Requested resource not found: Stream: ${arn} not found`);
    return stream;
  }
};

class Stream {
  constructor(db, { TableName, KeySchema }) {
    this.db = db;
    this.table = TableName;
    this.keys = KeySchema;
    this.last = 0n;
    this.waiting = [];
    this.writing = false;
  }

  /** The items of the table, whose writes are committed together with their records. */
  watch(items) {
    const write = (key, value, done) =>
      items.get(key, (error, old) => {
        if (error && error.name !== 'NotFoundError') return done(error);
        this.waiting.push({ key, old: error ? undefined : old, value, done });
        this.flush();
      });
    const own = { put: write, del: (key, done) => write(key, undefined, done) };
    return Object.assign(Object.create(items), own);
  }

  /** One batch after the other: who reads sees no record before all that come earlier. */
  async flush() {
    if (this.writing) return;
    this.writing = true;
    while (this.waiting.length > 0) {
      const writes = this.waiting.splice(0);
      let failure;
      await this.db.batch(writes.flatMap((write) => this.operationsOf(write))).catch((error) => {
        failure = error;
      });
      for (const { done } of writes) done(failure);
    }
    this.writing = false;
  }

  operationsOf({ key, old, value }) {
    const at = `item-${this.table}~${key}`;
    const item = value === undefined ? { type: 'del', key: at } : { type: 'put', key: at, value };
    // A write that changes nothing leaves none.
    if (isDeepStrictEqual(plain(old), plain(value))) return [item];
    const record = this.recordOf(old, value);
    return [item, { type: 'put', key: this.place(record.dynamodb.SequenceNumber), value: record }];
  }

  recordOf(old, value) {
    const now = Date.now();
    const ofNow = BigInt(now) * 100_000_000n;
    this.last = ofNow > this.last ? ofNow : this.last + 1n;
    const item = value ?? old;
    return {
      eventID: createHash('md5').update(randomUUID()).digest('hex'),
      eventName: old === undefined ? 'INSERT' : value === undefined ? 'REMOVE' : 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(now / 1000),
        Keys: Object.fromEntries(this.keys.map(({ AttributeName }) => [AttributeName, item[AttributeName]])),
        ...(value !== undefined && { NewImage: value }),
        ...(old !== undefined && { OldImage: old }),
        SequenceNumber: String(this.last),
        SizeBytes: JSON.stringify(item).length,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    };
  }

  describe(StreamArn) {
    const shard = { ShardId: SHARD, SequenceNumberRange: { StartingSequenceNumber: '0' } };
    return {
      StreamArn,
      StreamStatus: 'ENABLED',
      StreamViewType: 'NEW_AND_OLD_IMAGES',
      TableName: this.table,
      KeySchema: this.keys,
      Shards: [shard],
    };
  }

  async iterator({ ShardId, ShardIteratorType: type, SequenceNumber = '' }) {
    if (ShardId !== SHARD) throw refusal('ResourceNotFoundException', `Requested resource not found: Shard ${ShardId}`);
    if (type === 'TRIM_HORIZON') return iteratorAfter(this.table, '');
    if (type === 'AFTER_SEQUENCE_NUMBER') return iteratorAfter(this.table, SequenceNumber);
    if (type === 'AT_SEQUENCE_NUMBER') return iteratorAfter(this.table, String(BigInt(SequenceNumber) - 1n));
    if (type !== 'LATEST') throw refusal('ValidationException', `There is no ShardIteratorType ${type}`);
    const [newest] = await this.db.keys({ gt: this.place(''), lt: this.place(END), reverse: true, limit: 1 }).all();
    return iteratorAfter(this.table, newest?.slice(this.place('').length) ?? '');
  }

  async records(after, limit) {
    await this.expire();
    const Records = [];
    let bytes = 0;
    for await (const record of this.db.values({ gt: this.place(after), lt: this.place(END), limit: Math.min(limit, RECORDS) })) {
      bytes += JSON.stringify(record).length;
      if (Records.length > 0 && bytes > BYTES) break;
      Records.push(record);
    }
    return { Records, NextShardIterator: iteratorAfter(this.table, Records.at(-1)?.dynamodb.SequenceNumber ?? after) };
  }

  trim(upTo) {
    return this.db.clear({ gt: this.place(''), lte: this.place(upTo) });
  }

  expire() {
    return this.trim(String(BigInt(Date.now() - KEPT_MS) * 100_000_000n));
  }

  /** Sequence numbers have as many digits until the year 2286. */
  place(sequence) {
    return `stream-${this.table}~${sequence}`;
  }
}

function iteratorAfter(table, sequence) {
  return Buffer.from(`${table}|${sequence}`).toString('base64');
}

function textOf(iterator) {
  return Buffer.from(String(iterator), 'base64').toString();
}

/** dynalite's copies of items have no prototypes. */
function plain(item) {
  return item === undefined ? undefined : JSON.parse(JSON.stringify(item));
}
