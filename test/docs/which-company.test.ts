import { expect, test } from '@jest/globals';
import { COMPANY_NAMES } from './companies';
import type { Documented } from './documented';
import { COMPANIES } from './options';
import { companyOf } from './which-company';

const documented = (command: string, company?: string): Documented => ({
  page: 'a.md',
  command,
  remark: company === undefined ? {} : { company },
});

test('where a command is typed', () => {
  expect(companyOf(documented('npx mcp-fleet tools support@payments'))).toBe('acme');
  expect(companyOf(documented('npm start'))).toBe('notes');
  expect(companyOf(documented('npx mcp-fleet diff'))).toBe('notes');
  expect(companyOf(documented('npx mcp-fleet diff --against cdk.out'))).toBe('second');
  expect(companyOf(documented('npx mcp-fleet plan --agents 300'))).toBe('notes');
  expect(companyOf(documented('npx mcp-fleet plan --assembly cdk.out'))).toBe('second');
  expect(companyOf(documented('npm start', 'acme'))).toBe('acme');
});

test('a company that there is not is refused, and its commands are not left out', () => {
  expect(() => companyOf(documented('npm start', 'acne'))).toThrow('names no company');
});

test('every company is visited in one part of the suite', () => {
  expect(Object.values(COMPANIES).flat(2).toSorted()).toEqual(COMPANY_NAMES.toSorted());
});
