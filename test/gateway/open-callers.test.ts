import type { UpdateItemInput } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { Departure } from '../../gateway/departure';
import { Fences } from '../../gateway/ledger/fences';
import { BEAT_MS, OpenCallers } from '../../gateway/ledger/open-callers';
import type { TableClient } from '../../ledger/table/table-client';

let beats: string[];
let callers: OpenCallers;

beforeEach(() => {
  jest.useFakeTimers();
  beats = [];
  const updateItem = async ({ Key }: UpdateItemInput) => {
    beats.push(Key?.session?.S ?? '');
    return {};
  };
  const fences = new Fences({ updateItem } as unknown as TableClient, 'directory');
  callers = new OpenCallers(fences, 'r1', Date.now, pino({ enabled: false }));
});
afterEach(() => {
  jest.useRealTimers();
});

test('who waits for longer than a beat is vouched for until he has gone', () => {
  const gone = new Departure();
  callers.add('call', gone);
  jest.advanceTimersByTime(BEAT_MS);
  expect([callers.has('call'), beats]).toEqual([true, []]);
  jest.advanceTimersByTime(2 * BEAT_MS);
  expect(beats).toEqual(['replica#r1', 'replica#r1']);
  gone.end();
  jest.advanceTimersByTime(10 * BEAT_MS);
  expect([callers.has('call'), beats.length, jest.getTimerCount()]).toEqual([false, 2, 0]);
});

test('callers that come and go faster cost no beat, however many there are', () => {
  let last = new Departure();
  callers.add('call-0', last);
  for (let call = 1; call < 50; call++) {
    const next = new Departure();
    callers.add(`call-${call}`, next);
    last.end();
    last = next;
    jest.advanceTimersByTime(BEAT_MS / 2);
    const overlapping = new Departure();
    callers.add(`overlapping-${call}`, overlapping);
    last.end();
    last = overlapping;
    jest.advanceTimersByTime(BEAT_MS / 2);
  }
  expect(beats).toEqual([]);
});
