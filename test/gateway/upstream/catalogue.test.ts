import { expect, test } from '@jest/globals';
import type { Logger } from 'pino';
import type { Response } from '../../../core/response';
import { Catalogue } from '../../../gateway/upstream/catalogue';

const LISTED = '{"tools":[{"name":"find","annotations":{"readOnlyHint":true}}]}';
const AN_HOUR = 3_600_000;

test('where who asks would wait for a slot, what was said last stands: nobody is kept waiting for a question of the gateway’s own', async () => {
  let [asked, isFull, now] = [0, false, 0];
  const ask = async (): Promise<Response> => {
    asked++;
    return { member: 'result', payload: LISTED } as Response;
  };
  const catalogue = new Catalogue({
    config: { servers: { app: { tools: {}, trustAnnotations: true } } } as never,
    ownRequests: { ask, askModern: ask } as never,
    seats: { wouldWait: () => isFull },
    now: () => now,
    log: { warn: () => undefined } as unknown as Logger,
  });

  isFull = true;
  expect([await catalogue.trusted('app', 'find'), asked]).toEqual([undefined, 0]);
  isFull = false;
  expect(await catalogue.trusted('app', 'find')).toMatchObject({ readOnly: true });
  [isFull, now] = [true, AN_HOUR];
  expect([(await catalogue.trusted('app', 'find'))?.readOnly, asked]).toEqual([true, 1]);
  isFull = false;
  await catalogue.trusted('app', 'find');
  expect(asked).toBe(2);
});
