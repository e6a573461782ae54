import type { CallKind } from './generator/request';

/** One way of putting targets under load. */
export interface LoadKind {
  readonly name: LoadName;
  readonly title: string;
  readonly connections: number;
  /** Sessions that the calls take turns in. */
  readonly sessions: number;
  readonly call: CallKind;
  readonly perSecond?: number;
}

const KIB = 1_000;
const read: CallKind = { lane: 'read', size: KIB };

export const LOADS = [
  { name: 'read', title: 'reads, 64 connections', connections: 64, sessions: 64, call: read },
  { name: 'one', title: 'reads, one connection', connections: 1, sessions: 1, call: read },
  { name: 'rate', title: 'reads at 1,000 a second', connections: 64, sessions: 64, call: read, perSecond: 1_000 },
  { name: 'keyed', title: 'writes under a key, 64 connections', connections: 64, sessions: 64, call: { lane: 'keyed', size: KIB } },
  { name: 'keyless', title: 'writes without a key, 64 connections', connections: 64, sessions: 64, call: { lane: 'keyless', size: KIB } },
  { name: 'large', title: 'results of 100 KB, 64 connections', connections: 64, sessions: 64, call: { lane: 'read', size: 100 * KIB } },
] as const satisfies readonly (Omit<LoadKind, 'name'> & { name: string })[];

export type LoadName = 'read' | 'one' | 'rate' | 'keyed' | 'keyless' | 'large';
