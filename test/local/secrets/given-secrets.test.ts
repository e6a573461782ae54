import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ContainerProperties } from '../../../local/ecs/task-definition';
import { readSecrets, secretProblems } from '../../../local/secrets/container-secrets';
import { readGivenSecrets, setGivenSecret } from '../../../local/secrets/given-secrets';
import { SecretStore } from '../../../local/secrets/secret-store';
import { folderOf, scratchFolder } from '../fixtures/assembly';

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${name}`;

describe('the file of given values', () => {
  test('lies beside the app, for this user alone, and keeps itself out of git; subfolders find it', () => {
    const app = folderOf({ 'cdk.json': '{}' });
    mkdirSync(join(app, 'servers/payments'), { recursive: true });
    const file = setGivenSecret(join(app, 'servers/payments'), 'prod/stripe', 'sk_1');
    setGivenSecret(app, 'other', 'two\nlines ');
    expect(file).toBe(join(app, '.mcp-fleet/secrets.json'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(app, '.mcp-fleet')).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(app, '.mcp-fleet/.gitignore'), 'utf8')).toBe('*\n');
    expect(readGivenSecrets(join(app, 'servers'))).toEqual({ 'prod/stripe': 'sk_1', other: 'two\nlines ' });
    setGivenSecret(app, 'other', undefined);
    expect(readGivenSecrets(app)).toEqual({ 'prod/stripe': 'sk_1' });
    expect(readdirSync(join(app, '.mcp-fleet')).sort()).toEqual(['.gitignore', 'secrets.json']);
  });

  test('is made anew for this user alone where others could read it', () => {
    const app = folderOf({ 'cdk.json': '{}' });
    setGivenSecret(app, 'a', '1');
    writeFileSync(join(app, '.mcp-fleet/secrets.json'), '{"a":"1"}', { mode: 0o644, flag: 'w' });
    setGivenSecret(app, 'b', '2');
    expect(statSync(join(app, '.mcp-fleet/secrets.json')).mode & 0o777).toBe(0o600);
  });

  test.each(['{"prod/stripe": sk_live_1', '["sk_live_1"]', '{"a":{"b":"sk_live_1"}}', 'null'])(
    'is refused without a word of it: %s',
    (text) => {
      const app = folderOf({ 'cdk.json': '{}' });
      setGivenSecret(app, 'a', '1');
      writeFileSync(join(app, '.mcp-fleet/secrets.json'), text);
      const failure = (() => {
        try {
          return readGivenSecrets(app);
        } catch (error) {
          return error as Error;
        }
      })();
      expect(String(failure)).toMatch(/secrets\.json is not a JSON object of texts.*mcp-fleet secret set NAME/);
      expect(String(failure)).not.toContain('sk_live');
    },
  );

  test('need not exist', () => {
    const folder = scratchFolder();
    expect(readGivenSecrets(folder)).toEqual({});
    expect(existsSync(join(folder, '.mcp-fleet'))).toBe(false);
  });
});

describe('secrets of a container', () => {
  const given = {
    'prod/stripe': 'sk',
    'my-secret': 'partial',
    json: '{"key":"v","n":1}',
    '/shop/flag': 'on',
    'Shop/Made': 'chosen',
    text: 'sk_live_2',
  };
  const store = new SecretStore(undefined, given);
  const container = (ValueFrom: string): ContainerProperties => ({ Name: 'app', Image: 'x', Secrets: [{ Name: 'KEY', ValueFrom }] });

  test.each([
    ['a complete ARN', arnOf('prod/stripe-Ab12Cd'), 'sk'],
    ['a partial ARN', arnOf('prod/stripe'), 'sk'],
    ['a partial ARN that ends like a complete one', arnOf('my-secret'), 'partial'],
    ['a complete ARN whose name ends like that', arnOf('my-secret-Ab12Cd'), 'partial'],
    ['a name', 'prod/stripe', 'sk'],
    ['a key of it', `${arnOf('json')}:key::`, 'v'],
    ['a key that holds no text', `${arnOf('json')}:n::`, '1'],
    ['an SSM parameter', 'arn:aws:ssm:eu-west-1:111111111111:parameter/shop/flag', 'on'],
  ])('are found by %s', (_, valueFrom, value) => {
    expect(readSecrets(container(valueFrom), store)).toEqual({ KEY: value });
  });

  test.each([
    [
      arnOf('nobody'),
      'the secret nobody, which Shop/Task/app takes as KEY, has no value here; give it one with `mcp-fleet secret set nobody`',
    ],
    [
      arnOf('prod/other-Ab12Cd'),
      'the secret prod/other, which Shop/Task/app takes as KEY, has no value here; give it one with `mcp-fleet secret set prod/other`',
    ],
    [
      `${arnOf('json')}:gone::`,
      'the secret json, of which Shop/Task/app takes the key "gone" as KEY, is no JSON object with that key; give it one with `mcp-fleet secret set json`',
    ],
    [
      `${arnOf('json')}:toString::`,
      'the secret json, of which Shop/Task/app takes the key "toString" as KEY, is no JSON object with that key; give it one with `mcp-fleet secret set json`',
    ],
    [
      `${arnOf('text')}:key::`,
      'the secret text, of which Shop/Task/app takes the key "key" as KEY, is no JSON object with that key; give it one with `mcp-fleet secret set text`',
    ],
    [
      arnOf('toString'),
      'the secret toString, which Shop/Task/app takes as KEY, has no value here; give it one with `mcp-fleet secret set toString`',
    ],
  ])('are missed by name: %s', (valueFrom, problem) => {
    expect(secretProblems(container(valueFrom), 'Shop/Task/app', store)).toEqual([problem]);
  });

  test('a given value takes the place of a generated one, and of one that an earlier run kept', () => {
    const folder = scratchFolder();
    expect(store.create(arnOf('x'), 'x', 'Shop/Made', () => 'generated').value).toBe('chosen');
    new SecretStore(folder).create(arnOf('x'), 'x', 'Shop/Made', () => 'generated');
    expect(new SecretStore(folder, { x: 'chosen' }).create(arnOf('x'), 'x', 'Shop/Made', () => 'no').value).toBe('chosen');
  });
});
