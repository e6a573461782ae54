import { CONDITIONS, type WriteCondition } from '../../../ledger/protocol';
import type { LedgerState } from '../../../ledger/row';
import type { Row } from './world';

/** What the explorer plays: the conditions of the real ledger, and the rules around them. A broken variant replaces one. */
export interface Protocol {
  readonly begin: () => WriteCondition;
  /** Of a row under which nothing happened. */
  readonly reclaim: (standing: Row) => WriteCondition;
  /** Of a row whose server asked for input, by the next round of the same intent. */
  readonly goOn: (standing: Row) => WriteCondition;
  readonly endUnsent: (abandoned: Row) => WriteCondition;
  /** By an owner who was not answered when he marked his call as sent. */
  readonly retract: (row: Pick<Row, 'fence'>) => WriteCondition;
  readonly advance: (row: Pick<Row, 'fence'>, next: LedgerState) => WriteCondition;
  readonly notLanded: (row: Pick<Row, 'fence'>) => WriteCondition;
  readonly resolve: (row: Row) => WriteCondition;
  /** Whether every attempt at a key has a fence of its own. */
  readonly freshFences: boolean;
  /** States of a standing row that a caller with its key tries to claim. */
  readonly givesWay: readonly LedgerState[];
  /** Whether the call has no key: its row is its own, and identical calls know of it by the fence. */
  readonly keyless: boolean;
  /** Whether who finds a call behind the fence and no row of it puts one there that ends it, before he goes on beside it. */
  readonly endsMissing: boolean;
  /** Whether a waiting caller compares the arguments with every row that it reads, not only with the first. */
  readonly comparesEveryRow: boolean;
  /** Whether a connection that is lost after the request was sent may be taken for a refusal. */
  readonly lossIsRefusal: boolean;
  /** Whether a person may say `not_executed` while the owner, or its bytes, may still be on the way. */
  readonly hastyPerson: boolean;
  /** Whether a read that finds nothing counts although the call may still be on its way, or run. */
  readonly hastyRead: boolean;
}

export const PROTOCOL: Protocol = {
  ...CONDITIONS,
  freshFences: true,
  givesWay: ['not_executed'],
  keyless: false,
  endsMissing: true,
  comparesEveryRow: true,
  lossIsRefusal: false,
  hastyPerson: false,
  hastyRead: false,
};

/** What is played for a call without a key. Nobody but its owner ever claims its row. */
export const KEYLESS: Protocol = { ...PROTOCOL, keyless: true };

/** A condition that no longer asks whose row it is. */
export function unfenced({ fence: _, ...condition }: WriteCondition): WriteCondition {
  return condition;
}

/** The protocol with the fence dropped from one write. */
export function withoutFence(write: 'notLanded' | 'retract' | LedgerState): Protocol {
  if (write === 'notLanded' || write === 'retract') return { ...PROTOCOL, [write]: (row: Row) => unfenced(PROTOCOL[write](row)) };
  return {
    ...PROTOCOL,
    advance: (row, next) => (next === write ? unfenced(PROTOCOL.advance(row, next)) : PROTOCOL.advance(row, next)),
  };
}
