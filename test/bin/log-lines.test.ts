import { expect, test } from '@jest/globals';
import { isMetric, logLine, named, saidBy } from '../../bin/log-lines';
import { terminal } from '../../bin/terminal';

const { paint } = terminal(false, { NO_COLOR: '1' });
const line = (text: string, from: object = {}) => ({
  time: '2026-11-26T18:30:01.250Z',
  role: 'server',
  server: 'notes',
  source: 'a1b2',
  text,
  ...from,
});

test.each([
  [
    'an event',
    '{"level":"warn","time":"x","event":"child_ended","code":1}',
    '18:30:01.250  notes server a1b2                   warn   child_ended  code=1',
  ],
  ['an event with words', '{"level":"info","event":"a","message":"b"}', '18:30:01.250  notes server a1b2                   info   a: b'],
  ['JSON that is no event', '{"n":1}', '18:30:01.250  notes server a1b2                   {"n":1}'],
  ['a line of text', 'listening on 3000', '18:30:01.250  notes server a1b2                   listening on 3000'],
  ['what only looks like JSON', '{ not', '18:30:01.250  notes server a1b2                   { not'],
])('%s', (_, text, shown) => {
  expect(logLine(line(text), paint)).toBe(shown);
});

test.each([
  [undefined, undefined, true],
  ['notes', undefined, true],
  ['notes', 'A1', true],
  ['notes', 'c3', false],
  ['gateway', undefined, false],
  ['payments', undefined, false],
])('of %s %s: %s', (asked, name, shown) => {
  expect(saidBy(line('x'), asked, name)).toBe(shown);
});

test('functions and gateways are known by their role', () => {
  const { server: _, ...fn } = line('x', { role: 'lambda', source: 'Tools-Authorizer' });
  expect([saidBy(fn, 'lambda', 'author'), saidBy(fn, 'lambda', 'janitor'), saidBy(fn, 'gateway', undefined)]).toEqual([true, false, false]);
});

test('metrics are told apart from words about them', () => {
  expect([isMetric(line('{"_aws":{},"Calls":1}')), isMetric(line('the member "_aws" is missing'))]).toEqual([true, false]);
});

test('an agent is shown by its name where that is known, and the text stays as it was written', () => {
  const names = new Map([['f3a1', 'writer']]);
  const text = '{"level":"info","event":"call","agent":"f3a1","tool":"add"}';
  const known = named(line(text), names);
  expect(known).toEqual({ ...line(text), agentName: 'writer' });
  expect(logLine(known, paint)).toBe('18:30:01.250  notes server a1b2                   info   call  agent=writer tool=add');
  for (const other of ['{"event":"call","agent":"9999"}', '{"event":"call","agent":["f3a1"]}', 'the "agent" f3a1', '{ "agent"'])
    expect(named(line(other), names)).toEqual(line(other));
});
