import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { definitionDigest } from '../../core/definition-pins';
import { type AddServerProps, ApprovedTools, UnapprovedTools } from '../../lib';
import { newFleet, newServer, templateOf } from './example-fleet';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'approved-tools-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const PAY = '{"name":"pay","inputSchema":{"maximum":9223372036854775807}}';

function fileOf(text: string): string {
  const path = join(folder, 'tools.json');
  writeFileSync(path, text);
  return path;
}

const NOTHING = { tools: {}, prompts: {}, resources: {}, resourceTemplates: {}, introduction: {} };
const pinned = (approvedTools: ApprovedTools): Partial<AddServerProps> => ({ approvedTools });

test('the gateway is told the digests of what the file has of a server, and an alarm sounds for the rest', () => {
  const path = fileOf(`{ "tickets": [ ${PAY}, { "name": "pay" } ], "other": [ { "name": "steal" } ] }`);
  const fleet = newFleet();
  const server = newServer(pinned(ApprovedTools.fromFile(path, { otherwise: UnapprovedTools.PASS })), fleet);
  expect(server._config.pins).toEqual({
    otherwise: 'pass',
    approved: { ...NOTHING, tools: { pay: [definitionDigest('tools', PAY), definitionDigest('tools', '{"name":"pay"}')] } },
  });
  templateOf(server).hasResourceProperties('AWS::CloudWatch::Alarm', {
    Metrics: [Match.objectLike({ Expression: Match.stringLikeRegexp('SUM\\(ToolsUnreviewed\\)') })],
    AlarmDescription: Match.stringLikeRegexp('mcp-fleet tools approve SERVER --dry-run --stack Company'),
  });
});

test('without it nothing is pinned', () => {
  expect(newServer()._config.pins).toBeUndefined();
});

test('prompts, resources and what a server says of itself are pinned beside its tools; resources need not be', () => {
  const path = fileOf(
    `{ "tickets": { "tools": [ ${PAY} ], "prompts": [ { "name": "ask" } ], "introduction": [ { "instructions": "Ask." } ] } }`,
  );
  const tools = { pay: [definitionDigest('tools', PAY)] };
  const prompts = { ask: [definitionDigest('prompts', '{"name":"ask"}')] };
  const introduction = { '': [definitionDigest('introduction', '{"instructions":"Ask."}')] };
  const approved = { tools, prompts, resourceTemplates: {}, introduction };
  const all = newServer(pinned(ApprovedTools.fromFile(path)));
  expect(all._config.pins?.approved).toEqual({ ...approved, resources: {} });
  const free = newServer(pinned(ApprovedTools.fromFile(path, { resources: false })));
  expect(free._config.pins?.approved).toEqual(approved);
  expect(warningsOf(all)).toEqual([]);
});

test('a file that has only tools is taken, and it is said what agents do not get', () => {
  const server = newServer(pinned(ApprovedTools.fromFile(fileOf(`{ "tickets": [ ${PAY} ] }`))));
  expect(warningsOf(server)).toEqual([expect.stringContaining('do not get its instructions')]);
  expect(warningsOf(newServer(pinned(ApprovedTools.fromFile('none.json'))))).toEqual([expect.stringContaining('agents see none')]);
});

const warningsOf = (server: ReturnType<typeof newServer>) =>
  Annotations.fromStack(Stack.of(server))
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => String(entry.data))
    .filter((text) => text.includes('approved'));

test('where there is no file yet, nothing is approved', () => {
  const server = newServer(pinned(ApprovedTools.fromFile(join(folder, 'none.json'))));
  expect(server._config.pins).toEqual({ otherwise: 'hide', approved: NOTHING });
});

test.each([
  ['[]', /it is no object/],
  ['{ "tickets": 7 }', /"tickets" is neither a list of tools nor an object with one/],
  ['{ "tickets": { "tool": [] } }', /"tool" of "tickets" is none of tools, prompts/],
  ['{ "tickets": { "prompts": {} } }', /"prompts" of "tickets" is no list of objects/],
  ['{ "tickets": { "prompts": [], "prompts": [] } }', /same member name twice/],
  ['{ "tickets": [ { "title": "pay" } ] }', /one of the tools of "tickets" has no name/],
  ['{ "tickets": [], "tickets": [] }', /same member name twice/],
  ['{ "tickets": [', /approvedTools file/],
])('a file with %s is refused', (text, why) => {
  const path = fileOf(text);
  expect(() => newServer(pinned(ApprovedTools.fromFile(path)))).toThrow(why);
});

test('what is no way to pin is refused', () => {
  expect(() => newServer({ approvedTools: 'tools.json' as never })).toThrow(/approvedTools is "tools.json"/);
  expect(() => newServer(pinned(ApprovedTools.fromFile('x.json', { otherwise: 'show' as never })))).toThrow(
    /approvedTools otherwise is "show"/,
  );
  expect(() => newServer(pinned(ApprovedTools.fromFile(7 as never)))).toThrow(/approvedTools file is 7/);
});
