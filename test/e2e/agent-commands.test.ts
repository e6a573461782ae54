import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as V1StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { cli, type Fleet, ROOT, startFleet } from './fleet';

/** What an agent sees and gets, from the shell. */

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet('--no-checks');
});
afterAll(async () => {
  await fleet?.stop();
});

const json = async (...args: string[]) => JSON.parse((await cli([...args, '--json'])).stdout);
const transfer = JSON.stringify({ from: 'operating', to: 'vendors', amount: 7, currency: 'EUR' });

test('tools lists what this agent sees, and no more', async () => {
  const { tools } = await json('tools', 'support@payments');
  const all = await json('tools', 'treasury@payments');
  expect(tools.map(({ name }: { name: string }) => name)).not.toContain('transfer');
  expect(all.tools.map(({ name }: { name: string }) => name)).toContain('transfer');
  expect((await cli(['tools', 'treasury@payments'])).stdout).toMatch(
    /^TOOL +ARGUMENTS +DESCRIPTION\n[\s\S]*transfer +from, to, amount, currency/,
  );
});

describe('call', () => {
  it('shows what the agent gets, and that its repetition executes nothing', async () => {
    const args = ['call', 'treasury@payments', 'transfer', transfer, '--key', 'order-7'];
    expect((await cli(args)).stdout).toMatch(/confirmed · mcp-fleet ledger show \S+\n$/);
    expect((await cli(args)).stdout).toMatch(/confirmed, replayed: nothing was executed now/);
  });

  it.each([
    [
      'what is refused ends with 3 and the advice',
      ['support@payments', 'transfer', transfer],
      3,
      /^DENIED: [\s\S]*outcome not_executed · retry never/,
    ],
    ['an agent that there is none', ['nobody@payments', 'transfer'], 2, /no agent "nobody"; it has /],
    ['a server that there is none', ['treasury@paymens', 'transfer'], 2, /no server "paymens"\.\n {2}fix {2}it has /],
    ['who is no agent at a server', ['treasury', 'transfer'], 2, /"treasury" is not AGENT@SERVER/],
    ['arguments that are no object', ['treasury@payments', 'transfer', '[1]'], 2, /\[1\] is not a JSON object/],
  ])('%s', async (_, args, code, words) => {
    const answer = await cli(['call', ...args]);
    expect(answer).toMatchObject({ code, stdout: '' });
    expect(answer.stderr).toMatch(words);
  });

  it('with --json gives the error as the agent gets it', async () => {
    const { error } = await json('call', 'support@payments', 'transfer', transfer);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^DENIED/),
      data: { error: 'DENIED', outcome: 'not_executed', retry: 'never' },
    });
  });
});

test('logs shows what everybody wrote about it, and of one source only what is asked for', async () => {
  const lines = (await cli(['logs', 'payments', '--json'])).stdout.trim().split('\n');
  const rows = lines.map((text) => JSON.parse(text) as { role: string; server?: string; text: string });
  expect(new Set(rows.map(({ server }) => server))).toEqual(new Set(['payments']));
  expect(rows.map(({ role }) => role)).toEqual(expect.arrayContaining(['sidecar', 'server']));
  expect(rows.some(({ text }) => text.includes('"_aws"'))).toBe(false);
  expect((await cli(['logs', 'gateway'])).stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}gateway \w+ +info +call {2}callId=/m);
  expect((await cli(['logs', 'gateway'])).stdout).toMatch(/ call {2}.* agent=treasury tool=transfer /);
  const named = (await cli(['logs', 'gateway', '--json'])).stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(named).toContainEqual(expect.objectContaining({ agentName: 'treasury', text: expect.not.stringContaining('treasury') }));
  expect(await cli(['logs', 'paymens'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/no "paymens"[\s\S]*gateway, lambda/) });
});

test('sessions shows who holds which, without what opens it', async () => {
  const { sessions } = await json('sessions', '--all');
  expect(sessions).toContainEqual(expect.objectContaining({ server: 'payments', subject: 'agent-treasury', closedAt: expect.any(Number) }));
  for (const session of sessions) expect(Object.keys(session)).not.toEqual(expect.arrayContaining(['upstream']));
  expect((await cli(['sessions'])).stdout).toBe('No session is open.\n');
});

describe('connect', () => {
  const server = { command: process.execPath, args: [join(ROOT, 'bin/mcp-fleet'), 'connect', 'support@payments'], cwd: ROOT };

  it('is an MCP server for a client of SDK v2, and ends its session with its input', async () => {
    const client = new Client({ name: 'desktop', version: '1' });
    await client.connect(new StdioClientTransport(server));
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('balance');
    expect((await json('sessions')).sessions).toHaveLength(1);
    await expect(client.callTool({ name: 'transfer', arguments: JSON.parse(transfer) })).rejects.toMatchObject({
      message: expect.stringMatching(/DENIED/),
      data: { outcome: 'not_executed' },
    });
    await client.close();
    expect((await cli(['sessions'])).stdout).toBe('No session is open.\n');
  });

  it('and for one of SDK v1', async () => {
    const client = new V1Client({ name: 'desktop', version: '1' });
    await client.connect(new V1StdioClientTransport(server));
    const { content } = await client.callTool({ name: 'balance', arguments: { account: 'operating' } });
    expect(content).toEqual([expect.objectContaining({ type: 'text' })]);
    await client.close();
  });
});
