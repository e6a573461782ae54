import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type AttachedAccount, attach } from '../../../local/control-client';
import type { FaultOrder } from '../../../local/faults/order';
import type { LocalAccount } from '../../../local/local-account';
import { startLocalAccount } from '../../../local/start';
import { eventually } from '../../suites/waiting';
import { scratchFolder } from '../fixtures/assembly';
import { shopAssembly } from '../fixtures/shop';

/** The shop's only service, which is no MCP server. */
const SERVICE = 'Shop-Service';

let account: LocalAccount;
/** As a command of another terminal reaches it. */
let attached: AttachedAccount;
let client: DynamoDBClient;

beforeAll(async () => {
  const controlFolder = scratchFolder();
  account = await startLocalAccount({ assembly: shopAssembly(), port: 0, controlFolder });
  attached = await attach(controlFolder);
  client = new DynamoDBClient({
    endpoint: account.dynamodbUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true },
  });
}, 60_000);

afterEach(async () => {
  await attached.clearFaults();
});

afterAll(async () => {
  client.destroy();
  await account.stop();
});

const url = () => `${account.baseUrl}/app/x`;
const pids = async (): Promise<readonly number[]> =>
  (await attached.processes()).filter(({ role }) => role === 'server').map(({ pid }) => pid);
/** Of the task that answers. */
const zoneOf = (): Promise<string> =>
  eventually(
    'a task answers',
    async () => {
      const answer = await fetch(url());
      if (answer.status === 200) return ((await answer.json()) as { task: { AvailabilityZone: string } }).task.AvailabilityZone;
      await answer.body?.cancel();
      return undefined;
    },
    30_000,
  );
const answers = async (): Promise<boolean> => {
  const answer = await fetch(url(), { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
};
const whole = () => eventually('both tasks answer', async () => (await pids()).length >= 2 && (await answers()), 30_000);

describe('a fault of a local account', () => {
  test('kills a task, or a container of it, and the task is replaced', async () => {
    await whole();
    const before = await pids();
    const row = await attached.fault({ kind: 'kill', server: SERVICE, container: 'app' });
    expect(row).toMatchObject({ kind: 'kill', what: 'SIGKILL to app of a task of Shop-Service', struck: 1 });
    expect(row.until).toBeUndefined();
    await eventually('a process is another one', async () => (await pids()).filter((pid) => !before.includes(pid)).length > 0, 30_000);
    expect(await attached.faults()).toEqual([]);
    await whole();
  }, 60_000);

  test('lets processes stand still, and go on when it ends', async () => {
    await whole();
    const { id, until, struck } = await attached.fault({ kind: 'pause', server: SERVICE, all: true, container: 'app', forMs: 20_000 });
    expect([until === undefined, struck]).toEqual([false, 2]);
    expect(await answers()).toBe(false);
    expect((await attached.clearFaults(id)).map((ended) => ended.id)).toEqual([id]);
    await eventually('they answer again', answers, 10_000);
  }, 60_000);

  test('cuts the way from the gateway to a server', async () => {
    await whole();
    await attached.fault({ kind: 'cut', from: 'gateway', to: SERVICE });
    expect(await answers()).toBe(false);
    expect(await attached.faults()).toMatchObject([{ what: 'nothing passes from gateway to Shop-Service', struck: 1 }]);
    await attached.clearFaults();
    expect(await answers()).toBe(true);
  });

  test('ends by its time', async () => {
    await attached.fault({ kind: 'cut', from: 'gateway', to: SERVICE, refuse: true, forMs: 1_000 });
    expect(await answers()).toBe(false);
    await eventually('it is over', async () => (await attached.faults()).length === 0, 10_000);
    expect(await answers()).toBe(true);
  });

  test('silences a table by its role, and counts what it meets', async () => {
    const get = () => client.send(new GetItemCommand({ TableName: account.tables.ledger, Key: { pk: { S: 'a' } } }));
    await attached.fault({ kind: 'silence', what: 'ledger' });
    const met = async (): Promise<boolean> => {
      await get().catch(() => undefined);
      return (await attached.faults()).some(({ struck }) => struck > 0);
    };
    await eventually('a request has met it', met, 10_000);
    await expect(get()).rejects.toMatchObject({ name: 'TimeoutError' });
    await attached.clearFaults();
    await eventually(
      'it answers',
      () =>
        get().then(
          () => true,
          () => false,
        ),
      10_000,
    );
  });

  test('loses a zone: what was there dies, and nothing is placed there until it is back', async () => {
    await whole();
    const lost = await zoneOf();
    const { struck } = await attached.fault({ kind: 'zone', zone: lost.slice(-1) });
    expect(struck).toBeGreaterThan(0);
    await whole();
    const seen = new Set<string>();
    for (let i = 0; i < 6; i++) seen.add(await zoneOf());
    expect(seen.has(lost)).toBe(false);
  }, 60_000);

  test.each<[string, FaultOrder, RegExp]>([
    ['a task that there is not', { kind: 'kill', task: 'zzz' }, /No task begins with "zzz"; there are [0-9a-f]{8}/],
    ['a server and a task', { kind: 'kill', task: 'a', server: SERVICE }, /exactly one/],
    ['a server that there is not', { kind: 'kill', server: 'bank' }, /no server "bank" that runs here; there are Shop-Service/],
    ['a container that there is not', { kind: 'pause', server: SERVICE, container: 'x' }, /it has app, companion/],
    [
      'a signal that kills nobody',
      { kind: 'kill', server: SERVICE, signal: 'SIGCONT' as 'SIGKILL' },
      /SIGCONT does not kill; SIGKILL, SIGTERM/,
    ],
    [
      'a link that there is not',
      { kind: 'cut', from: 'agents', to: 'ledger' },
      /There is no link from agents to ledger; .*from agents to gateway/,
    ],
    ['a dependency that there is not', { kind: 'silence', what: 'queue' }, /There is no "queue"; there are ledger, directory, allowlist/],
    ['a share that is none', { kind: 'throttle', what: 'ledger', share: 0 }, /above 0, up to 1, and not 0/],
    ['secrets that throttle', { kind: 'throttle', what: 'secrets' }, /Secrets are not throttled/],
    ['a zone that there is not', { kind: 'zone', zone: 'q' }, /There is no zone "q"; tasks are in /],
    ['a certificate that no load balancer has', { kind: 'expire-certificate' }, /No load balancer here has a certificate/],
    ['days that are none', { kind: 'expire-certificate', inDays: 1.5 }, /in 0 to 398 whole days, and not in 1\.5/],
    ['an agent that there is not', { kind: 'expire-token', agent: 'nobody' }, /has no agent "nobody"/],
    ['too long a time', { kind: 'silence', what: 'ledger', forMs: 16 * 60_000 }, /from 1 s to 15 min, and not 960000 ms/],
    ['a time that is none', { kind: 'silence', what: 'ledger', forMs: Number.NaN }, /from 1 s to 15 min/],
    ['what is no fault', { kind: 'flood' } as unknown as FaultOrder, /There is no fault "flood"/],
  ])('that names %s is refused, and says what there is', async (_, order, message) => {
    await expect(account.fault(order)).rejects.toThrow(message);
    await expect(attached.fault(order)).rejects.toMatchObject({ code: order.kind === 'expire-token' ? 'UNKNOWN_AGENT' : 'NO_SUCH_FAULT' });
    expect(account.faults()).toEqual([]);
  });

  test('all but one of the zones can be lost, and no more', async () => {
    for (const zone of ['a', 'b']) await account.fault({ kind: 'zone', zone });
    await expect(account.fault({ kind: 'zone', zone: 'c' })).rejects.toThrow(/Shop-Service has no zone left: lose at most all but one/);
  });
});
