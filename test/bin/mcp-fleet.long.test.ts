import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readGivenSecrets } from '../../local/secrets/given-secrets';
import { cli, ROOT } from '../e2e/fleet';

/** The built command line as a process, in a folder where nothing runs. */

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-fleet-cli-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function run(...args: readonly string[]) {
  return await cli(args, { cwd: folder });
}

describe('mcp-fleet', () => {
  const COMMANDS = [
    'init',
    'local',
    'check',
    'diff',
    'plan',
    'tools',
    'call',
    'connect',
    'token',
    'ps',
    'logs',
    'sessions',
    'tasks',
    'ledger',
    'secret',
    'fault',
  ];

  it('lists its commands', async () => {
    const { stdout } = await run('--help');
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) .* {2}[A-Z]/gm)].map(([, name]) => name);
    expect(listed).toEqual(expect.arrayContaining(COMMANDS));
  });

  it.each(['', ...COMMANDS])('%s --help says how it is used, and then examples', async (command) => {
    const { code, stdout } = await run(...(command ? [command] : []), '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: mcp-fleet[\s\S]*\nExamples:\n {2}\S/);
  });

  it.each([
    ['an unknown command', ['locall'], /Did you mean local\?/],
    ['an unknown option', ['ps', '--jsn'], /Did you mean --json\?/],
    ['a port that is none', ['local', '--port', '70000'], /"70000" is not a port; expected 0 to 65535/],
    ['a duration that is none', ['token', 'support', '--ttl', '15'], /"15" is not a duration/],
    ['an app and an assembly', ['local', '--app', 'x', '--assembly', 'y'], /cannot be used with/],
    ['a stand-in for nothing', ['local', '--stand-in', 'Queue=x'], /"Queue=x" is not STACK\/LOGICAL_ID/],
    ['a secret by its ARN', ['secret', 'set', 'arn:aws:x'], /what stands after ":secret:"/],
    ['a secret without a value', ['secret', 'set', 'x'], /The value of "x" is empty\.\n {2}fix/],
    ['arguments with a member twice', ['call', 'a@b', 'tool', '{"n":{"a":1,"a":2}}'], /"a" comes twice, at \.n\.a;/],
    ['a missing argument', ['token'], /missing required argument 'agent'/],
    ['no app here', ['local', '--port', '0'], /There is no cdk\.json in .*\n {2}fix {2}/],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: expect.not.stringContaining('ready') });
    expect(stderr).toMatch(message);
  });

  it('ends with 3 for an app that does not synthesize, and shows why', async () => {
    await writeFile(join(folder, 'app.cjs'), 'throw new Error("the table is missing");');
    const { code, stderr } = await run('local', '--once', '--json', '--app', 'node app.cjs');
    expect(code).toBe(3);
    expect(stderr).toMatch(/does not synthesize[\s\S]*the table is missing/);
  });

  it.each([
    [4, 'NOT_RUNNING', ['check', '--json']],
    [4, 'NOT_RUNNING', ['ps', '--json']],
    [2, 'USAGE', ['check', '--json', '--jsn']],
    [2, 'USAGE', ['local', '--once', '--json']],
    [3, 'NO', ['local', '--once', '--json', '--app', 'node no-such-app.cjs']],
  ])('ends with %d and tells %s in one JSON document: %j', async (code, word, args) => {
    const { code: ended, stdout } = await run(...args);
    expect(ended).toBe(code);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual({ error: expect.objectContaining({ code: word, message: expect.stringMatching(/\w/) }) });
  });

  it.each([['ps'], ['check'], ['tasks'], ['token', 'support'], ['ledger', 'tail']])(
    'ends with 4 where no account runs: %s %s',
    async (...args) => {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toMatch(/mcp-fleet local/);
    },
  );

  it.each([
    ['before the command', ['--pid', '1', 'ps']],
    ['behind it', ['ledger', 'unknown', '--pid', '1']],
  ])('asks the account that is named %s', async (_, args) => {
    expect(await run(...args)).toMatchObject({ code: 4, stderr: expect.stringMatching(/^No local account with pid 1 is running/) });
  });

  it('keeps what comes on stdin as the value of a secret, and never prints it', async () => {
    const child = spawn('bash', ['-c', `printf 's3cret\\n' | node ${join(ROOT, 'bin/mcp-fleet')} secret set prod/key 2>&1`], {
      cwd: folder,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output).toMatch(/^kept prod\/key in .*\.mcp-fleet\/secrets\.json, for the next start/);
    expect(output).not.toContain('s3cret');
    expect(readGivenSecrets(folder)).toEqual({ 'prod/key': 's3cret' });
    expect((await run('secret', 'list')).stdout).toBe('prod/key\n');
    expect((await run('secret', 'remove', 'prod/key')).code).toBe(0);
    expect(await run('secret', 'remove', 'prod/key')).toMatchObject({ code: 3, stderr: expect.stringContaining('secret list') });
  });

  it('tries the port before it synthesizes', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await run('local', '--port', String(port), '--app', 'node -e "console.error(1)"');
    other.close();
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringMatching(`^Port ${port} on 127.0.0.1 is taken`) });
  });
});
