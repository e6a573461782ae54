import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { CSV_HEADER, csvOf, whole } from '../../../ledger/printing/csv';
import type { LedgerRow } from '../../../ledger/row';

const ROW: LedgerRow = {
  pk: 'payments#a#k:1',
  callId: 'c-1',
  server: 'payments',
  agent: 'a',
  issuer: 'https://issuer.test',
  subject: 'treasury',
  tool: 'transfer',
  argumentsDigest: 'd',
  arguments: '{"to":"a, b"}',
  stateChanging: true,
  state: 'confirmed',
  fence: 'f',
  owner: 'g',
  claimedAt: Date.UTC(2026, 8, 1),
  leaseUntil: 0,
};

/** Cells of a line (RFC 4180). */
function cellsOf(line: string): Record<string, string> {
  const cells = [...line.trimEnd().matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  );
  return Object.fromEntries(
    CSV_HEADER.trimEnd()
      .split(',')
      .map((name, at) => [name, cells[at] ?? '']),
  );
}

test('a row is a line of as many cells as there are columns, whatever stands in them', () => {
  expect(cellsOf(csvOf(ROW))).toMatchObject({
    claimedAt: '2026-09-01T00:00:00.000Z',
    tool: 'transfer',
    arguments: '{"to":"a, b"}',
    stateChanging: 'true',
    result: '',
  });
  const said = 'he said "no",\r\nand left';
  expect(cellsOf(csvOf({ ...ROW, reason: said })).reason).toBe(said);
  expect(csvOf(ROW).endsWith('\r\n')).toBe(true);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('%j is not computed by a spreadsheet', (key) => {
  expect(cellsOf(csvOf({ ...ROW, idempotencyKey: key })).idempotencyKey).toBe(`'${key}`);
});

test('compressed texts are told as they were, and what was too large as omitted', () => {
  const packed = (text: string) => gzipSync(text).toString('base64');
  const large = {
    ...ROW,
    arguments: packed('{"a":1}'),
    argumentsEncoding: 'gzip',
    result: packed('{"r":1}'),
    resultEncoding: 'gzip',
  } as const;
  expect(whole(large)).toEqual({ ...ROW, arguments: '{"a":1}', result: '{"r":1}' });
  expect(whole({ ...ROW, arguments: '', argumentsEncoding: 'omitted' })).toEqual({ ...ROW, arguments: '', argumentsEncoding: 'omitted' });
});
