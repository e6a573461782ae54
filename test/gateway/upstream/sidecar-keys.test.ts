import { createSecretKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { FleetConfig } from '../../../core/fleet-config';
import { readKeyRing, rotated } from '../../../core/secrets/key-ring';
import { signWord } from '../../../core/sidecar-word';
import { readContext } from '../../../core/signed-context';
import { contextSigner, RotatingSidecarKeys } from '../../../gateway/upstream/sidecar-keys';

const config = {
  servers: { pay: { sidecarKeySecret: 'pay', tools: {} }, far: { remoteUrl: 'https://far.example/mcp', tools: {} } },
} as unknown as FleetConfig;
const keyOf = (text: string) => createSecretKey(Buffer.from(text));
const caller = { agent: 'a', server: 'pay', callId: 'c' };

const loaded = async (values: Record<string, string>) => {
  const logged: object[] = [];
  let now = 0;
  const read = async (arn: string) => {
    const value = values[arn];
    if (value === undefined) throw Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' });
    return value;
  };
  const keys = await RotatingSidecarKeys.load(read, config, () => now, { error: (line: object) => void logged.push(line) } as never);
  return { keys, logged, advance: (ms: number) => (now += ms) };
};

test('through any rotation, instances that have and have not the new key know who calls, and are believed', async () => {
  const values: Record<string, string> = { pay: 'a key of the first day' };
  const { keys } = await loaded(values);
  const bind = contextSigner(keys, () => 0);
  const instances = [[keyOf('a key of the first day')]];
  for (let rotation = 1; rotation <= 3; rotation++) {
    const ring = rotated(readKeyRing(values.pay as string), { key: `key ${rotation}`, now: rotation, publishMs: 1, keepMs: 100 });
    // An instance may start with it before any gateway has read it.
    instances.push(
      readKeyRing(ring)
        .map(({ key }) => keyOf(key))
        .toReversed(),
    );
    const known = (context: string) => instances.map((own) => readContext(context, own, 'pay'));
    for (const when of ['before', 'after']) {
      if (when === 'after') {
        values.pay = ring;
        await keys.refresh();
      }
      const bond = bind(caller);
      for (const signed of known(bond?.context as string)) {
        expect(signed?.context).toMatchObject(caller);
        const word = signWord('at_capacity', bond?.context as string, 1, signed?.key as ReturnType<typeof keyOf>);
        expect(bond?.openWord(word, 1)).toBe('at_capacity');
      }
    }
  }
  expect(readContext(bind(caller)?.context as string, [keyOf('a stranger’s')], 'pay')).toBeUndefined();
});

test('a key that cannot be read takes its own server away, and comes back by itself', async () => {
  const values: Record<string, string> = {};
  const { keys, logged, advance } = await loaded(values);
  const bind = contextSigner(keys, () => 0);
  expect(logged).toMatchObject([{ event: 'sidecar_key_unreadable', server: 'pay' }]);
  expect(() => bind(caller)).toThrow(expect.objectContaining({ kind: 'SERVER_UNAVAILABLE' }));
  expect(bind({ ...caller, server: 'far' })).toBeUndefined();
  values.pay = 'a key of the first day';
  advance(10_001);
  expect(() => bind(caller)).toThrow(/AccessDeniedException/);
  await keys.refresh();
  expect(bind(caller)?.context).toContain('.');
  delete values.pay;
  await keys.refresh();
  expect(bind(caller)?.context).toContain('.');
});
