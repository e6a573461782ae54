import { createSecretKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { CONTEXT_LIFETIME_SECONDS, openContext, signContext } from '../../core/signed-context';

const key = createSecretKey(Buffer.from('key of payments'));
const context = { agent: 'agent-1', server: 'payments', task: 'task-1', callId: 'call-1' };

test('a context opens under its key, for its server, while it is fresh', () => {
  const header = signContext(context, key, 1_000);
  expect(openContext(header, key, 'payments', 1_000 + CONTEXT_LIFETIME_SECONDS)).toEqual(context);
});

test.each<[string, (header: string) => ReturnType<typeof openContext>]>([
  ['under another key', (header) => openContext(header, createSecretKey(Buffer.from('key of memory')), 'payments', 1_000)],
  ['for another server', (header) => openContext(header, key, 'memory', 1_000)],
  ['when it is stale', (header) => openContext(header, key, 'payments', 1_001 + CONTEXT_LIFETIME_SECONDS)],
  ['when it is absent', () => openContext(undefined, key, 'payments', 1_000)],
  ['when it is altered', (header) => openContext(`A${header.slice(1)}`, key, 'payments', 1_000)],
  ['when its signature is cut', (header) => openContext(header.slice(0, -4), key, 'payments', 1_000)],
  ['when something follows it', (header) => openContext(`${header}.x`, key, 'payments', 1_000)],
])('a context does not open %s', (_, open) => {
  expect(open(signContext(context, key, 1_000))).toBeUndefined();
});
