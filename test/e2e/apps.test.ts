import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { openClient } from '../../checks/agent-client';
import type { LocalAccount, LocalAccountOptions, Phase } from '../../local/local-account';
import { setGivenSecret } from '../../local/secrets/given-secrets';
import { startLocalAccount } from '../../local/start';
import { abroad, type CompanyApp, nested, staged, tagged, two, wired } from '../apps/apps';
import { scratchFolder } from '../local/fixtures/assembly';
import { cli } from './fleet';

/** Five companies' apps that differ in all that surrounds a fleet: each runs, and a call comes through; each refusal says the way out. */

let account: LocalAccount | undefined;
const phases: Phase[] = [];

afterEach(async () => {
  await account?.stop();
  account = undefined;
  phases.length = 0;
});

async function run(app: CompanyApp, options: Partial<LocalAccountOptions> = {}): Promise<LocalAccount> {
  const assembly = join(scratchFolder(), 'cdk.out');
  app(assembly);
  account = await startLocalAccount({
    assembly,
    port: 0,
    controlFolder: scratchFolder(),
    onPhase: (phase) => phases.push(phase),
    ...options,
  });
  return account;
}

const notRun = (): string[] => phases.flatMap((phase) => phase.notRun ?? []).map(({ type }) => type);

/** What the server of a fleet was given as a variable. */
async function tell(name: string, { baseUrl, token }: { baseUrl: string; token: string }): Promise<string> {
  const client = await openClient('v1', `${baseUrl}/teller/mcp`, token);
  const reply = await client.call('tell', { name });
  await client.close();
  return JSON.stringify(reply);
}

const ask = async (name: string, { baseUrl, token }: LocalAccount) =>
  await tell(name, { baseUrl, token: await token.call(account, 'asker') });

it('tags, other types, an empty stack, and secrets that another team keeps', async () => {
  const controlFolder = scratchFolder();
  const failure = run(tagged, { controlFolder });
  await expect(failure).rejects.toThrow('the secret prod/api, which ');
  await expect(failure).rejects.toThrow('takes as API_KEY, has no value here; give it one with `mcp-fleet secret set prod/api`');
  await expect(failure).rejects.toThrow('give it one with `mcp-fleet secret set prod/bank`');
  setGivenSecret(controlFolder, 'prod/api', 'the key');
  setGivenSecret(controlFolder, 'prod/bank', '{"pin":"0815"}');
  const running = await run(tagged, { controlFolder });
  expect(await ask('API_KEY', running)).toContain('the key');
  expect(await ask('BANK_PIN', running)).toContain('0815');
  expect(notRun()).toEqual(
    expect.arrayContaining(['AWS::SQS::Queue', 'AWS::Lambda::Function', 'AWS::S3::Bucket', 'Custom::S3AutoDeleteObjects']),
  );
});

it('a fleet in a nested stack, which uses a table of its parent', async () => {
  const running = await run(nested);
  expect(await ask('NOTES', running)).toContain('Shop-Notes');
  expect(notRun()).toContain('AWS::SNS::Topic');
});

it('two fleets, each at a port of its own, with agents of one name', async () => {
  const running = await run(two);
  expect(running.fleets.map(({ name }) => name)).toEqual(['blue', 'green']);
  for (const { name, baseUrl } of running.fleets) {
    expect(await tell('COLOUR', { baseUrl, token: await running.token(`${name}/asker`) })).toContain(name);
  }
  await expect(running.token('asker')).rejects.toThrow('Several fleets have an agent "asker"; name one of blue/asker, green/asker.');
  const [, green] = running.fleets;
  const crossed = tell('COLOUR', { baseUrl: String(green?.baseUrl), token: await running.token('blue/asker') });
  await expect(crossed).rejects.toThrow();
});

it('zones that are looked up, and what stands in for a queue and a parameter', async () => {
  await expect(run(wired)).rejects.toThrow(
    /AWS::SQS::Queue Data\/\w+, which is read at .* does not run here; .*--stand-in Data\/(\w+)=VALUE/,
  );
  const missing = (await run(wired).catch((error: Error) => error.message)) as string;
  const queue = /--stand-in (Data\/\w+)=VALUE/.exec(missing)?.[1] as string;
  await expect(run(wired, { standIns: { [queue]: '' } })).rejects.toThrow(/parameter Shop\/Limit, .* --stand-in Shop\/Limit=VALUE/);
  const running = await run(wired, { standIns: { [queue]: 'http://127.0.0.1:1/jobs', 'Shop/Limit': '7' } });
  expect(await ask('QUEUE', running)).toContain('http://127.0.0.1:1/jobs');
  expect(await ask('LIMIT', running)).toContain('7');
});

it('a server that runs somewhere else is listed by its origin, and is no process', async () => {
  const controlFolder = scratchFolder();
  const { processes } = await run(abroad, { controlFolder });
  expect((await processes.call(account)).filter(({ server }) => server === 'tickets')).toEqual([]);
  const { code, stdout } = await cli(['ps', '--json'], { cwd: controlFolder });
  expect([code, JSON.parse(stdout).remoteServers]).toEqual([
    0,
    [{ fleet: 'abroad', server: 'tickets', kind: 'remote', origin: 'https://mcp.tickets.example' }],
  ]);
  const { stdout: people } = await cli(['ps'], { cwd: controlFolder });
  expect(people).toMatch(/^remote +tickets +- +- +https:\/\/mcp\.tickets\.example +- +-$/m);
  expect(people).not.toContain('hidden-path');
});

it('one fleet in two stages, of which one is chosen', async () => {
  await expect(run(staged)).rejects.toThrow(
    '2 fleets of the name "staged" (Test/Shop/Mcp, Prod/Shop/Mcp); run one of them: --fleet Test/Shop/Mcp',
  );
  const running = await run(staged, { fleet: 'Prod/Shop/Mcp' });
  expect(await ask('STAGE', running)).toContain('Prod');
});
