import { createHmac, createSecretKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { openWord, signWord } from '../../core/sidecar-word';
import { signContext } from '../../core/signed-context';

const key = createSecretKey(Buffer.from('a-sidecar-key-of-at-least-32-bytes-length'));
const other = createSecretKey(Buffer.from('another-key-of-at-least-32-bytes-in-length'));
const context = signContext({ agent: 'a', server: 'tools', callId: 'c-1' }, key, 1_800_000_000);

test('a word that was signed for a request is believed there', () => {
  for (const id of [7, '7', 'é "quoted"\n']) {
    expect(openWord(JSON.parse(JSON.stringify(signWord('server_lost', context, id, key))), context, id, key)).toBe('server_lost');
  }
});

test('the code is what the documentation says', () => {
  const { mac } = signWord('server_lost', context, 'é', key);
  expect(mac).toBe(createHmac('sha256', key).update(`${context}\nserver_lost\n"é"`).digest('base64url'));
});

const word = signWord('server_lost', context, 7, key);
test.each<[string, unknown, string, string | number, typeof key]>([
  ['another key', word, context, 7, other],
  ['another request of the same context', word, context, 8, key],
  ['the same id as a string', word, context, '7', key],
  ['another context', word, signContext({ agent: 'b', server: 'tools', callId: 'c-1' }, key, 1_800_000_000), 7, key],
  ['another reason', { ...word, reason: 'server_unavailable' }, context, 7, key],
  ['a reason that there is not', { ...signWord('nonsense' as 'server_lost', context, 7, key) }, context, 7, key],
  ['a name that every object has', { ...signWord('toString' as 'server_lost', context, 7, key) }, context, 7, key],
  ['a short code', { ...word, mac: word.mac.slice(0, 8) }, context, 7, key],
  ['no code', { reason: 'server_lost' }, context, 7, key],
  ['a code that is no text', { ...word, mac: 7 }, context, 7, key],
  ['a text', 'server_lost', context, 7, key],
  ['null', null, context, 7, key],
  ['nothing', undefined, context, 7, key],
])('it is not believed with %s', (_, given, header, id, by) => {
  expect(openWord(given, header, id, by)).toBeUndefined();
});
