import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { definitionDigest } from '../../core/tool-pins';
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

const pinned = (approvedTools: ApprovedTools): Partial<AddServerProps> => ({ approvedTools });

test('the gateway is told the digests of what the file has of a server, and an alarm sounds for the rest', () => {
  const path = fileOf(`{ "tickets": [ ${PAY}, { "name": "pay" } ], "other": [ { "name": "steal" } ] }`);
  const fleet = newFleet();
  const server = newServer(pinned(ApprovedTools.fromFile(path, { otherwise: UnapprovedTools.PASS })), fleet);
  expect(server._config.pins).toEqual({
    otherwise: 'pass',
    approved: { pay: [definitionDigest(PAY), definitionDigest('{"name":"pay"}')] },
  });
  templateOf(server).hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'ToolsUnreviewed',
    AlarmDescription: Match.stringLikeRegexp('mcp-fleet tools approve tickets --dry-run --stack Company'),
  });
});

test('without it nothing is pinned, and nothing sounds', () => {
  const server = newServer();
  expect(server._config.pins).toBeUndefined();
  expect(JSON.stringify(templateOf(server))).not.toContain('ToolsUnreviewed');
});

test('where there is no file yet, nothing is approved', () => {
  const server = newServer(pinned(ApprovedTools.fromFile(join(folder, 'none.json'))));
  expect(server._config.pins).toEqual({ otherwise: 'hide', approved: {} });
});

test.each([
  ['[]', /it is no object/],
  ['{ "tickets": {} }', /"tickets" is no list of tools/],
  ['{ "tickets": [ { "title": "pay" } ] }', /a tool of "tickets" has no name/],
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
