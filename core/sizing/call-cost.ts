import { PRICES } from './prices';

/** How a call is written down. */
export type Lane = 'read' | 'keyed' | 'keyless';
export const LANES: readonly Lane[] = ['read', 'keyed', 'keyless'];

/** What a call carries, in bytes of JSON text. */
export interface Carried {
  readonly arguments: number;
  readonly result: number;
}

/** US dollars for a million calls. */
export interface CallCost {
  /** Writes to the ledger and its index. */
  readonly ledger: number;
  /** Its rows, for as long as the table keeps them. */
  readonly rows: number;
  /** Lambda and bucket for what the stream carries, and its first month there. */
  readonly archive: number;
  /** What the gateway says of it. */
  readonly logs: number;
  /** What passes two load balancers. */
  readonly balancers: number;
}

/** A write unit takes so many bytes of an item (DynamoDB, Read/write capacity modes). */
const UNIT = 1_024;
/** Of a row, beside arguments and result: names of attributes, who, what and when; and what settling adds. In bytes. */
export const ROW_BYTES = { claimed: 1_000, settlement: 350 } as const;
/** Longest result that a row holds as it is; a longer one is compressed, JSON of the usual kind to a quarter, and that told in base64. */
const PLAIN_BYTES = 32 * 1_024;
const COMPRESSED = (1 / 4) * (4 / 3);
/** Of the counting item of calls without a key, and of an entry of the index. */
const SMALL = 1;
const LOG_BYTES = 300;
/** HTTP heads of both ways. */
const HEADS = 1_500;
/** Requests of the ledger that one invocation archives where there is some load, and what it takes, in GB-seconds. */
const BATCH = 100;
const BATCH_GB_SECONDS = 0.25;
/** Days for which the table keeps a settled row: a key's lifetime of a day, and a week. */
const KEPT_DAYS = 8;

const GB = 1e9;
const MILLION = 1e6;

/** Write request units of one call: of the table, and of its index, which holds what is not settled. */
export function writeUnits(lane: Lane, carried: Carried): number {
  const claimed = ROW_BYTES.claimed + kept(carried.arguments);
  const settled = claimed + ROW_BYTES.settlement + kept(carried.result);
  const units = (bytes: number): number => Math.ceil(bytes / UNIT);
  switch (lane) {
    // Written once, settled: it never stands in the index.
    case 'read':
      return units(settled);
    // An update costs what the larger of the two is (DynamoDB, Capacity unit consumption for write operations).
    case 'keyed':
      return units(claimed) + SMALL + units(settled) + SMALL;
    // The fence takes the call in and lets it go.
    case 'keyless':
      return SMALL + units(claimed) + SMALL + units(settled) + SMALL + SMALL;
  }
}

export function costOfCalls(lane: Lane, carried: Carried): CallCost {
  const changes = lane === 'read' ? 1 : lane === 'keyed' ? 2 : 4;
  const row = ROW_BYTES.claimed + ROW_BYTES.settlement + kept(carried.arguments) + kept(carried.result);
  const batches = changes / BATCH;
  return {
    ledger: writeUnits(lane, carried) * PRICES.writeUnits,
    rows: ((row * MILLION) / GB) * PRICES.tableGbMonth * (KEPT_DAYS / 30),
    archive:
      batches * (PRICES.lambdaRequests + PRICES.puts) +
      batches * MILLION * BATCH_GB_SECONDS * PRICES.lambdaGbSecond +
      ((changes * row * MILLION) / GB) * PRICES.bucketGbMonth,
    logs: ((LOG_BYTES * MILLION) / GB) * PRICES.logGb,
    balancers: (2 * (HEADS + carried.arguments + carried.result) * MILLION * PRICES.balancerGb) / GB,
  };
}

export function totalOf(cost: CallCost): number {
  return Object.values(cost).reduce((sum: number, part: number) => sum + part, 0);
}

function kept(bytes: number): number {
  return bytes <= PLAIN_BYTES ? bytes : bytes * COMPRESSED;
}
