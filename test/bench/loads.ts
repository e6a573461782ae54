import { type Crowd, MOST_SERVERS } from './crowd';
import type { CallKind } from './generator/request';
import type { TargetName } from './targets/targets';

/** Servers at the end: one at once in JSON, one at once on streams, and the official SDKs'. */
export type UpstreamName = 'instant' | 'instant-sse' | 'sdk-v1' | 'sdk-v2';

/** One way of putting targets under load. */
export interface Load {
  readonly name: string;
  readonly title: string;
  readonly upstream: UpstreamName;
  readonly connections: number;
  /** Sessions; each connection takes turns in those that fall to it. */
  readonly sessions: number;
  /** Who makes the calls, where it is not the usual crowd. */
  readonly crowd?: Partial<Crowd>;
  readonly call: CallKind;
  /** Calls by the clock; absent for as many as the connections carry. */
  readonly perSecond?: number;
  /** Milliseconds that DynamoDB takes for each answer; absent for none. */
  readonly tableMs?: number;
  /** Who is put under it; absent for everybody. */
  readonly targets?: readonly TargetName[];
}

const READ: CallKind = { lane: 'read', size: 1_000 };
const KEYED: CallKind = { lane: 'keyed', size: 1_000 };
const KEYLESS: CallKind = { lane: 'keyless', size: 1_000 };
const LARGE: CallKind = { lane: 'read', size: 100_000 };

/** Who knows what a key is, beside who knows nothing. */
const WITH_LEDGER: readonly TargetName[] = ['nginx', 'gateway', 'gateway+sidecar', 'fleet'];
const WITH_SESSIONS: readonly TargetName[] = ['nginx', 'gateway-like', 'sidecar', 'gateway', 'gateway+sidecar'];

const OF_GATEWAYS: readonly TargetName[] = ['nginx', 'gateway'];

const MANY = { upstream: 'instant', connections: 64, sessions: 64 } as const;
const TABLE_MS = 5;

export const LOADS: readonly Load[] = [
  { ...MANY, name: 'read', title: 'Reads, 64 connections', call: READ },
  { ...MANY, name: 'one', title: 'Reads, one connection', connections: 1, sessions: 1, call: READ },
  { ...MANY, name: 'rate', title: 'Reads, 1,000 a second', perSecond: 1_000, call: READ },
  { ...MANY, name: 'large', title: 'Results of 100 KB, 64 connections', call: LARGE },
  { ...MANY, name: 'keyed', title: 'Writes under a key, 64 connections', call: KEYED, targets: WITH_LEDGER },
  { ...MANY, name: 'keyless', title: 'Writes without a key, 64 connections', call: KEYLESS, targets: WITH_LEDGER },
  ...(
    [
      ['read', READ],
      ['keyed', KEYED],
      ['keyless', KEYLESS],
    ] as const
  ).map(([lane, call]) => ({
    ...MANY,
    name: `${lane}-${TABLE_MS}ms`,
    title: `The same (${lane}), DynamoDB answering after ${TABLE_MS} ms`,
    tableMs: TABLE_MS,
    call,
    targets: WITH_LEDGER,
  })),
  ...[10, 100, 1_000, 10_000].map((sessions) => grown('sessions', sessions, { sessions, targets: WITH_SESSIONS })),
  ...[10, 100, 1_000].map((agents) => grown('agents', agents, { crowd: { agents } })),
  ...[2, 100].map((tools) => grown('tools', tools, { crowd: { tools } })),
  ...[1, MOST_SERVERS].map((servers) => grown('servers', servers, { crowd: { servers } })),
  { ...MANY, name: 'sse', title: 'Results on streams, 64 connections', upstream: 'instant-sse', call: READ },
  { ...MANY, name: 'sdk-v1', title: 'Before a server on the SDK v1, 64 connections', upstream: 'sdk-v1', call: READ },
  { ...MANY, name: 'sdk-v2', title: 'Before a server on the SDK v2, 64 connections', upstream: 'sdk-v2', call: READ },
];

/** Beside the loads: streams that are held, sessions that are opened, the ledger's client alone, programs that start. */
export const STREAMS_LOAD = 'streams';
export const OPENINGS_LOAD = 'openings';
export const CLAIMS_LOAD = 'claims';
export const STARTS_LOAD = 'starts';

/** What is to cost the same however many there are. */
export const GROWING = ['sessions', 'agents', 'tools', 'servers'] as const;
export type Growing = (typeof GROWING)[number];

function grown(what: Growing, count: number, load: Partial<Load>): Load {
  return {
    ...MANY,
    name: `${what}-${count}`,
    title: `Reads, 10 connections: ${count.toLocaleString('en')} ${what}`,
    connections: 10,
    sessions: 1_000,
    call: READ,
    targets: OF_GATEWAYS,
    ...load,
  };
}
