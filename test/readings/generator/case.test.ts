import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { allValues, type Case, caseOf, DIMENSIONS } from './case';
import { requestsOf, type WireRequest } from './request';

const seeds = ['1', '2', 'another'];
const casesOf = (seed: string, count: number): Case[] => Array.from({ length: count }, (_, index) => caseOf(seed, index));

const bytesOf = (requests: readonly WireRequest[]) =>
  createHash('sha256')
    .update(Buffer.concat(requests.flatMap(({ pieces }) => pieces)))
    .digest('hex');

describe('generated cases', () => {
  test.each(seeds)('a thousand of seed %s have every value of every dimension', (seed) => {
    const seen = new Set(casesOf(seed, 1_000).flatMap(({ values }) => Object.entries(values).map(([name, value]) => `${name}=${value}`)));
    const missing = [...allValues()].map(([name, value]) => `${name}=${value}`).filter((name) => !seen.has(name));
    expect(missing).toEqual([]);
  });

  test('the same seed and number give the same case, and the same bytes', () => {
    const way = { mark: 'm', path: '/x/mcp', token: 't', session: 's' };
    for (const index of [0, 77, 641]) {
      const [one, other] = [caseOf('1', index), caseOf('1', index)];
      expect(one).toEqual(other);
      expect(bytesOf(requestsOf(one, way))).toBe(bytesOf(requestsOf(other, way)));
    }
    expect(caseOf('1', 77)).not.toEqual(caseOf('2', 77));
  });

  test('every value has what it needs', () => {
    const wanting = casesOf('needs', 2_000).flatMap(({ values }) =>
      Object.entries(values).flatMap(([name, value]) =>
        Object.entries(DIMENSIONS[name]?.[value]?.needs ?? {}).flatMap(([needed, allowed]) =>
          allowed.includes(values[needed] ?? '') ? [] : [`${name}=${value} with ${needed}=${values[needed]}`],
        ),
      ),
    );
    expect(wanting).toEqual([]);
  });

  test('no server and no client is asked for an era that it does not speak', () => {
    const wrong = casesOf('eras', 2_000).filter(
      ({ values: { era, server, client } }) =>
        (era === 'modern' && (server === 'sdk-v1' || server === 'express' || client === 'sdk-v1')) ||
        (era === 'batches' && client !== 'raw'),
    );
    expect(wrong).toEqual([]);
  });
});
