import { describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { openSession, SEALED_ID_LIMIT, SESSION_LIFETIME_SECONDS, sealKey, sealSession } from '../../core/sealed-session';

const current = sealKey('current secret');
const previous = sealKey('previous secret');
const agent = agentId({ issuer: 'https://login.acme.example', subject: 'treasury' });
const binding = { agent, server: 'payments' };
const session = {
  upstream: 'c0ffee00-1111-2222-3333-444455556666',
  cookie: `${'A'.repeat(130)}+/=`,
  generation: 0,
  revision: '2025-11-25',
  issuedAt: 1_000,
};

describe('a sealed session id', () => {
  test('opens for its agent and server, to what was sealed', () => {
    const id = sealSession(session, binding, current);
    expect(openSession(id, binding, [current], 1_001)).toEqual(session);
    expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(id.length).toBeLessThan(SEALED_ID_LIMIT);
  });

  test('opens with the previous key after a rotation, and not once that key is gone', () => {
    const id = sealSession(session, binding, previous);
    expect(openSession(id, binding, [current, previous], 1_001)).toEqual(session);
    expect(openSession(id, binding, [current], 1_001)).toBeUndefined();
  });

  test.each([
    ['another agent', { ...binding, agent: agentId({ issuer: 'https://login.acme.example', subject: 'support' }) }],
    ['another server', { ...binding, server: 'memory' }],
    ['a server that borrows a character from the agent', { agent: agent.slice(1), server: `payments${agent[0]}` }],
  ])('does not open for %s', (_, other) => {
    expect(openSession(sealSession(session, binding, current), other, [current], 1_001)).toBeUndefined();
  });

  test('does not open when any single character is altered', () => {
    const id = sealSession(session, binding, current);
    for (let at = 0; at < id.length; at++) {
      const altered = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1);
      // The last character may hold bits that base64url does not use; the same bytes are the same id.
      if (!Buffer.from(altered, 'base64url').equals(Buffer.from(id, 'base64url'))) {
        expect(openSession(altered, binding, [current], 1_001)).toBeUndefined();
      }
    }
  });

  test.each(['', 'x', 'not/url+safe==', 'A'.repeat(2_000), '../../etc'])('does not open %j', (id) => {
    expect(openSession(id, binding, [current], 1_001)).toBeUndefined();
  });

  test('ends with its lifetime', () => {
    const id = sealSession(session, binding, current);
    expect(openSession(id, binding, [current], 1_000 + SESSION_LIFETIME_SECONDS)).toEqual(session);
    expect(openSession(id, binding, [current], 1_001 + SESSION_LIFETIME_SECONDS)).toBeUndefined();
  });

  test('is never the same twice', () => {
    expect(sealSession(session, binding, current)).not.toBe(sealSession(session, binding, current));
  });
});

test.each(['a@b', 'a:b/c#d', 'nul\0inside', 'ünïcödé 🦊', 'x'.repeat(1024)])(
  'the subject %j gives an agent id of 32 URL-safe characters',
  (subject) => {
    expect(agentId({ issuer: 'https://login.acme.example', subject })).toMatch(/^[\w-]{32}$/);
  },
);
