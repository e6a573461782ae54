import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { agentId } from '../../../core/agent';
import { agentNames, readAgentNames, writeAgentNames } from '../../../local/logs/agent-names';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agents-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const fleet = (name: string, url: string, subjects: Record<string, string>) => ({
  name,
  issuer: { url },
  subjects: Object.fromEntries(Object.entries(subjects).map(([agent, subject]) => [agent, { subject }])),
});
const id = (url: string, subject: string) => agentId({ issuer: `https://${url}.example`, subject });
const [one, other] = ['https://one.example', 'https://other.example'];

test('what was written is read by id', () => {
  writeAgentNames(folder, [fleet('acme', one, { writer: 'agent-w', reader: 'agent-r' })]);
  expect(readAgentNames(folder)).toEqual(
    new Map([
      [id('one', 'agent-w'), 'writer'],
      [id('one', 'agent-r'), 'reader'],
    ]),
  );
});

test('one name of two agents says whose, two fleets that share an agent share its name, and two names of one are both said', () => {
  const names = agentNames([
    fleet('blue', one, { asker: 'a', shared: 's', first: 'f' }),
    fleet('green', other, { asker: 'a' }),
    fleet('red', one, { shared: 's', second: 'f' }),
  ]);
  expect(names).toEqual(
    new Map([
      [id('one', 'a'), 'blue/asker'],
      [id('one', 's'), 'shared'],
      [id('one', 'f'), 'first or second'],
      [id('other', 'a'), 'green/asker'],
    ]),
  );
});

test.each([undefined, '', '{'])('a run whose names are %j has none', (text) => {
  if (text !== undefined) writeFileSync(join(folder, 'agents.json'), text);
  expect(readAgentNames(folder)).toEqual(new Map());
});
