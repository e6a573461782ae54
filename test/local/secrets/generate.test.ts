import { describe, expect, test } from '@jest/globals';
import { generateSecret } from '../../../local/secrets/generate';

describe('generateSecret', () => {
  test('has 32 characters of every type by default', () => {
    const secret = generateSecret({});
    expect(secret).toHaveLength(32);
    for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(secret).toMatch(type);
  });

  test('two are never the same', () => {
    expect(generateSecret({})).not.toBe(generateSecret({}));
  });

  test('honours length and exclusions', () => {
    const secret = generateSecret({ PasswordLength: 64, ExcludePunctuation: true, ExcludeCharacters: 'abc0', ExcludeUppercase: 'true' });
    expect(secret).toMatch(/^[d-z1-9]{64}$/);
  });

  test('puts the value into a template', () => {
    const secret = generateSecret({ SecretStringTemplate: '{"user":"shop"}', GenerateStringKey: 'password', PasswordLength: 10 });
    expect(JSON.parse(secret)).toEqual({ user: 'shop', password: expect.stringMatching(/^.{10}$/s) });
  });
});
