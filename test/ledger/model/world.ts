import type { Outcome } from '../../../core/outcome';
import type { WriteCondition } from '../../../ledger/protocol';
import type { LedgerState } from '../../../ledger/row';

/**
 * One moment of a bounded history: one key, its row, the claimants who want it, the call of each at the server, and what
 * is still on its way. Worlds are immutable; two that are equal have the same {@link keyOf}.
 */
export interface World {
  readonly row: Row | undefined;
  readonly claimants: readonly Claimant[];
  readonly calls: readonly Call[];
  /** Writes that their writer gave up, or sent twice: each may still arrive, at any time. */
  readonly late: readonly Write[];
  /** How much may still go wrong with writes. Crashes, cuts and deaths are not counted: they may always happen. */
  readonly faults: number;
}

/** The row of the key. The fence names the claimant whose call it is, and which of his attempts at the key. */
export interface Row {
  readonly state: LedgerState;
  readonly fence: string;
  readonly digest: string;
}

/** A conditional write of the row, or of a part of it. */
export interface Write {
  readonly condition: WriteCondition;
  readonly change: Row | Pick<Row, 'state'>;
}

/** Where a gateway stands with one request of an agent. */
export type Position =
  /** Has written nothing yet. */
  | 'start'
  /** Without a key, writes its row and raises its fence at once: the fence is up, the row is still to come. */
  | 'raised'
  /** The row is there, and the fence is still to come. */
  | 'rowed'
  /** Has found a call behind the fence, and no row of it. */
  | 'missing'
  /** Has read somebody else's row. */
  | 'watch'
  /** Asks the instance of that call. */
  | 'ask'
  /** Writes down what it heard of that call. */
  | 'note'
  /** Writes down that it did not happen. */
  | 'end'
  | 'reread'
  /** Has marked its call as sent and was not answered: it sends nothing, and takes the key for nothing. */
  | 'unheard'
  /** Its mark stands after all: it takes it back. */
  | 'retract'
  /** Holds the claim; nothing is sent. */
  | 'own'
  /** Has written `sent`; nothing is sent. */
  | 'send'
  | 'await'
  /** Lost its connection and asks the instance. */
  | 'recover'
  /** Has read that its call did not happen, and says so in two writes. */
  | 'disown'
  | 'endOwn'
  /** Writes the outcome. */
  | 'settle'
  /** Writes that it has executed nothing. */
  | 'release'
  | 'ended'
  | 'crashed';

export interface Claimant {
  readonly at: Position;
  /** Of the arguments. */
  readonly digest: string;
  /** Of its attempt at the key, which is its last one or its next. */
  readonly fence: string;
  /** The row as it was last read. */
  readonly seen?: Row;
  /** What it is about to write. */
  readonly verdict?: Outcome;
  readonly told?: Told;
}

/** What an agent was told: the outcome of the call that a fence names, its own or the one that it repeats. */
export interface Told {
  readonly outcome: Outcome;
  readonly of: string;
}

/** What the server has of one claimant's call. */
export interface Call {
  readonly at: 'unsent' | 'flying' | 'refused' | 'running' | 'effected' | 'answered' | 'gone';
  /** Times that the effect was seen in the world. */
  readonly executed: number;
  /** What the server's answer says. */
  readonly said?: Outcome;
}

/** @param digests one per claimant: equal ones repeat each other */
export function begin(digests: readonly string[], faults: number): World {
  return {
    row: undefined,
    claimants: digests.map((digest, index) => ({ at: 'start', digest, fence: String(index) })),
    calls: digests.map(() => ({ at: 'unsent', executed: 0 })),
    late: [],
    faults,
  };
}

export function keyOf({ row, claimants, calls, late, faults }: World): string {
  let key = `${faults}${rowKey(row)}`;
  for (const { at, fence, seen, verdict, told } of claimants)
    key += `|${at}${fence},${rowKey(seen)},${verdict ?? ''},${told?.outcome ?? ''}${told?.of ?? ''}`;
  key += callsKey(calls);
  for (const { condition, change } of late)
    key += `<${condition.fence ?? ''}${condition.states.join()}${'fence' in change ? change.fence : ''}${change.state}`;
  return key;
}

export function rowKey(row: Row | undefined): string {
  return row === undefined ? '-' : row.state + row.fence;
}

export function callsKey(calls: readonly Call[]): string {
  return calls.map(({ at, executed, said }) => `;${at}${executed}${said ?? ''}`).join('');
}

export function changeClaimant(world: World, index: number, change: Partial<Claimant>): World {
  return { ...world, claimants: world.claimants.map((claimant, at) => (at === index ? { ...claimant, ...change } : claimant)) };
}

export function changeCall(world: World, index: number, change: Partial<Call>): World {
  return { ...world, calls: world.calls.map((call, at) => (at === index ? { ...call, ...change } : call)) };
}

/** Whose fence it is. */
export function ownerOf(fence: string): number {
  return Math.trunc(Number(fence));
}

const UNSENT: Call = { at: 'unsent', executed: 0 };

/** What the server has of one attempt at the key. A claimant who begins another one has sent nothing in the one before. */
export function callOf({ claimants, calls }: Pick<World, 'claimants' | 'calls'>, fence: string): Call {
  const owner = ownerOf(fence);
  return claimants[owner]?.fence === fence ? (calls[owner] as Call) : UNSENT;
}

/** A fence that nothing in this world carries; which one of these it is makes no difference. */
export function freshFence({ row, claimants, late }: World, index: number): string {
  const carried = new Set([row?.fence]);
  for (const { seen, told } of claimants) carried.add(seen?.fence).add(told?.of);
  for (const { condition, change } of late) carried.add(condition.fence).add('fence' in change ? change.fence : undefined);
  for (let attempt = 0; ; attempt++) {
    const fence = attempt === 0 ? String(index) : `${index}.${attempt}`;
    if (!carried.has(fence)) return fence;
  }
}
