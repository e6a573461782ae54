import { expect, test } from '@jest/globals';
import type { Standing } from '../../../gateway/aws/breaker';
import { type OwnFault, ownFault } from '../../../gateway/aws/own-fault';

type Row = [
  tables: Standing,
  authorizer: Standing,
  othersReach: 'nothing' | 'tables' | 'authorizer' | 'both',
  servers: boolean,
  OwnFault | undefined,
];

const rows: Row[] = [
  ['serving', 'serving', 'both', true, undefined],
  ['serving', 'serving', 'nothing', false, undefined],
  // One is gone: it is ours when others reach it.
  ['endpoint', 'serving', 'tables', true, 'tables'],
  ['endpoint', 'serving', 'both', false, 'tables'],
  ['endpoint', 'serving', 'nothing', true, undefined],
  ['endpoint', 'serving', 'authorizer', true, undefined],
  ['serving', 'endpoint', 'both', true, 'authorizer'],
  ['serving', 'endpoint', 'tables', true, undefined],
  // A name that one refuses and the other takes is not a fault of ours by itself.
  ['credentials', 'serving', 'both', true, 'tables'],
  ['credentials', 'serving', 'nothing', true, undefined],
  ['serving', 'credentials', 'nothing', true, undefined],
  // Both are gone, and nobody is left to ask.
  ['endpoint', 'endpoint', 'nothing', true, undefined],
  ['endpoint', 'endpoint', 'nothing', false, 'network'],
  ['credentials', 'credentials', 'nothing', true, 'credentials'],
  ['credentials', 'endpoint', 'nothing', true, 'credentials'],
  ['endpoint', 'credentials', 'nothing', false, 'credentials'],
];

test.each(rows)(
  'tables %s, authorizer %s, others reach %s, servers reached %s: %s',
  (tables, authorizer, others, serversReached, fault) => {
    const reach = (name: string) => others === name || others === 'both';
    const othersReach = { tables: reach('tables'), authorizer: reach('authorizer') };
    expect(ownFault({ tables, authorizer, othersReach, serversReached })).toBe(fault);
  },
);
