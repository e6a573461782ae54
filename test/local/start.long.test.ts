import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attach } from '../../local/control-client';
import type { LocalAccount, LogLine, Phase } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { scratchFolder } from './fixtures/assembly';
import { shopAssembly } from './fixtures/shop';

const START = 60_000;

interface Report {
  readonly task: { TaskARN: string; AvailabilityZone: string; Containers: { Name: string }[] };
  readonly env: Record<string, string>;
  readonly cwd: string;
  readonly listening: { address: string; port: number };
  readonly argv: string[];
}

const EVERY_HOUR = {
  Type: 'AWS::Events::Rule',
  Properties: {
    ScheduleExpression: 'rate(1 hour)',
    State: 'ENABLED',
    Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Sync', 'Arn'] }, RetryPolicy: { MaximumRetryAttempts: 0 } }],
  },
};

async function until<T>(find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((next) => setTimeout(next, 20));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a running account', () => {
  const controlFolder = scratchFolder();
  const phases: Phase[] = [];
  const lines: LogLine[] = [];
  let account: LocalAccount;

  const report = async (): Promise<Report> => (await (await fetch(`${account.baseUrl}/app/report`)).json()) as Report;

  beforeAll(async () => {
    account = await startLocalAccount({
      assembly: shopAssembly({ resources: { Tick: EVERY_HOUR } }),
      port: 0,
      controlFolder,
      scheduleMs: 100,
      onPhase: (phase) => phases.push(phase),
      onLog: (line) => lines.push(line),
    });
  }, START);

  afterAll(() => account.stop());

  test('tells each phase as it ends', () => {
    expect(phases.map(({ name }) => name)).toEqual([
      'assembly',
      'not run here',
      'tables',
      'secrets',
      'identity',
      'functions',
      'load balancers',
      'services',
      'ready',
    ]);
    expect(phases.find(({ name }) => name === 'tables')?.detail).toMatch(/^3 tables at http/);
    expect(phases.find(({ name }) => name === 'services')?.detail).toMatch(/: 2 tasks$/);
  });

  test('says what the fleet is made of', () => {
    expect([account.fleet, account.servers, account.agents]).toEqual(['shop', ['app'], ['buyer']]);
    expect(account.tables).toEqual({ ledger: 'Shop-Ledger', directory: 'Shop-Directory', allowlist: 'Shop-Allowlist' });
    expect(account.physicalId('Shop', 'Custom')).toBe('sync-1');
    expect(account.templates.Shop?.Resources.Task?.Type).toBe('AWS::ECS::TaskDefinition');
  });

  test('runs two tasks in turn, each with a metadata endpoint of its own', async () => {
    const reports = [await report(), await report()];
    const tasks = reports.map(({ task }) => task.TaskARN.split('/').at(-1));
    expect(new Set(tasks).size).toBe(2);
    const rows = await account.processes();
    expect(new Set(rows.filter(({ role }) => role === 'server').map(({ task }) => task))).toEqual(new Set(tasks));
    expect(new Set(reports.map(({ task }) => task.AvailabilityZone))).toEqual(new Set(['us-east-1a', 'us-east-1b']));
    expect(reports[0]?.task.Containers.map(({ Name }) => Name)).toEqual(['app', 'companion']);
  });

  test('gives a container its environment and nothing of the caller', async () => {
    const { env, argv, listening, cwd } = await report();
    expect(env).toMatchObject({
      FROM_IMAGE: 'yes',
      TABLE: 'Shop-Ledger',
      PORT: String(listening.port),
      // What its author wrote stays, whatever it looks like.
      SELF: 'http://127.0.0.1:8080/self',
      FILE: '/tmp/state.json',
      HOST: '127.0.0.1',
      AWS_ENDPOINT_URL_DYNAMODB: account.dynamodbUrl,
      API_KEY: account.secretValue('Shop', 'ApiKey'),
    });
    expect(env.API_KEY).toHaveLength(20);
    expect(argv).toEqual(['--upstream', `${account.baseUrl}/app/`]);
    expect(cwd).toMatch(/images\/[0-9a-f]{16}\/\d\/app$/);
    const expected = [
      'PATH',
      'HOME',
      'TMPDIR',
      'LANG',
      'HOST',
      'NODE_OPTIONS',
      'PORT',
      'SELF',
      'TABLE',
      'FILE',
      'SYNCED',
      'API_KEY',
      'FROM_IMAGE',
      'NODE_VERSION',
      'MCP_FLEET_LOCAL_PORTS',
    ];
    expect(Object.keys(env).filter((name) => !expected.includes(name) && !/^(AWS_|ECS_)/.test(name))).toEqual([]);
  });

  test('listens on loopback only', async () => {
    expect((await report()).listening.address).toBe('127.0.0.1');
  });

  test('hands the local issuer to functions and custom resources', async () => {
    const { issuer } = account.principal('buyer');
    expect((await report()).env.SYNCED).toBe(`${issuer} string ${issuer}`);
  });

  test('protects a task, and tells it', async () => {
    const answer = (await (await fetch(`${account.baseUrl}/app/protect`)).json()) as {
      protection: { ProtectionEnabled: boolean; ExpirationDate: string };
    };
    expect(answer.protection.ProtectionEnabled).toBe(true);
    expect(Date.parse(answer.protection.ExpirationDate) - Date.now()).toBeGreaterThan(4 * 60_000);
  });

  test('keeps logs and metrics', async () => {
    const point = await until(() => account.datapoints().find(({ name }) => name === 'Started'));
    expect(point).toMatchObject({ namespace: 'Shop', dimensions: { Kind: 'app' }, value: 1 });
    expect(point.source).toMatch(/^[0-9a-f]{32}$/);
    expect(lines.some(({ source, text }) => point.source.startsWith(source) && text.includes('"Started":1'))).toBe(true);
    expect(account.logFiles().filter((path) => path.endsWith('-app.log')).length).toBeGreaterThanOrEqual(2);
  });

  test('runs what is scheduled, again and again', async () => {
    const scheduled = () => lines.filter(({ role, text }) => role === 'lambda' && text.startsWith('scheduled '));
    const [first, second] = await until(() => (scheduled().length >= 2 ? scheduled() : undefined));
    const [one, two] = [first, second].map((line) => JSON.parse(String(line?.text.slice('scheduled '.length))));
    expect(one).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/Shop-Tick'],
    });
    expect(two.id).not.toBe(one.id);
    expect(phases.find(({ name }) => name === 'functions')?.detail).toContain('1 schedule');
  });

  test('is found by another terminal, which needs the token of the file', async () => {
    const state = join(controlFolder, '.mcp-fleet');
    const [name = ''] = readdirSync(state).filter((file) => file.startsWith('local-'));
    expect(statSync(join(state, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(state, '.gitignore'), 'utf8')).toBe('*\n');
    const { controlUrl } = JSON.parse(readFileSync(join(state, name), 'utf8')) as { controlUrl: string };
    expect((await fetch(`${controlUrl}/ps`)).status).toBe(401);

    // A page of the web that points a name of its own at this machine.
    const [rebound] = await once(get(`${controlUrl}/info`, { headers: { host: 'evil.example' } }), 'response');
    expect(rebound.statusCode).toBe(403);

    mkdirSync(join(controlFolder, 'servers/app'), { recursive: true });
    const attached = await attach(join(controlFolder, 'servers/app'));
    expect(attached).toMatchObject({ baseUrl: account.baseUrl, pid: process.pid, tables: account.tables, agents: ['buyer'] });
    expect((await attached.processes()).length).toBeGreaterThanOrEqual(4);
    const claims = JSON.parse(
      Buffer.from((await attached.token('buyer', { ttlSeconds: 60 })).split('.')[1] as string, 'base64url').toString(),
    );
    expect(claims).toMatchObject({ sub: 'agent-buyer', aud: 'https://shop.example' });
    await expect(attached.token('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_AGENT' });
    await expect(attach(scratchFolder())).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  });

  test('replaces a task whose container was killed', async () => {
    const victim = (await account.processes()).find(({ address }) => address !== undefined);
    process.kill(victim?.pid as number, 'SIGKILL');
    await until(async () => ((await account.processes()).some(({ task }) => task === victim?.task) ? undefined : true));
    const tasks = await until(async () => {
      const answers = [await fetch(`${account.baseUrl}/app/report`), await fetch(`${account.baseUrl}/app/report`)];
      const arns = await Promise.all(
        answers.map(async (answer) => (answer.ok ? ((await answer.json()) as Report).task.TaskARN : 'failed')),
      );
      return new Set(arns).size === 2 && !arns.includes('failed') ? arns : undefined;
    });
    expect(tasks.some((arn) => arn.endsWith(victim?.task as string))).toBe(false);
  });

  test('stops in order and leaves nothing but its logs', async () => {
    const pids = (await account.processes()).map(({ pid }) => pid);
    const { env } = await report();
    const logs = account.logFiles();
    const held = fetch(`${account.baseUrl}/app/hold`).then((answer) => answer.text());
    held.catch(() => {});
    const texts = logs.map((path) => readFileSync(path, 'utf8'));
    expect(texts.join('')).not.toContain('app told at');

    await Promise.all([account.stop(), account.stop()]);

    const told = lines.length;
    await new Promise((next) => setTimeout(next, 300));
    expect(lines.length).toBe(told);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(env.TMPDIR as string)).toBe(false);
    expect(readdirSync(join(controlFolder, '.mcp-fleet'))).toEqual(['.gitignore', 'logs']);
    for (const url of [account.baseUrl, account.dynamodbUrl, account.principal('buyer').issuer]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
    }
    // The companion depends on the app: the app is told only when it has ended.
    const at = (text: string) => lines.filter((line) => line.text.startsWith(text)).map((line) => Number(line.text.split(' ').at(-1)));
    expect(at('companion ended at').length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...at('app told at').slice(-2))).toBeGreaterThanOrEqual(Math.min(...at('companion ended at').slice(-2)));
  }, 30_000);
});

describe('startLocalAccount', () => {
  const start = (options: Parameters<typeof shopAssembly>[0], port = 0) =>
    startLocalAccount({ assembly: shopAssembly(options), port, controlFolder: scratchFolder() });

  test(
    'says that the port is taken, and what to do',
    async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      await expect(start({}, port)).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        message: `Port ${port} on 127.0.0.1 is taken by another program. Choose another port, or 0 for any free one.`,
      });
      other.close();
    },
    START,
  );

  test(
    'fails with the reason of a custom resource',
    async () => {
      await expect(start({ customProperties: { Fail: true } })).rejects.toMatchObject({
        code: 'CREATE_FAILED',
        message: 'Shop/Custom (Custom::Sync) failed: it was told to fail',
      });
    },
    START,
  );

  test(
    'fails with the end of the log of a container that does not run',
    async () => {
      const failure = start({ app: 'console.log("pid", process.pid); console.error("no database"); process.exit(7);' });
      await expect(failure).rejects.toMatchObject({
        code: 'NOT_HEALTHY',
        message: expect.stringMatching(
          /Service Shop-Service: its tasks fail again and again[\s\S]*container app exited with code 7[\s\S]*no database/,
        ),
      });
      const { message } = (await failure.catch((error: Error) => error)) as Error;
      expect([...message.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid)).filter(isAlive)).toEqual([]);
    },
    START,
  );

  test(
    'leads programs to what stands in between, and goes the direct way itself',
    async () => {
      const direct: string[] = [];
      const account = await startLocalAccount({
        assembly: shopAssembly(),
        port: 0,
        controlFolder: scratchFolder(),
        interpose: (link, url) => {
          direct.push(`${link} ${url}`);
          return `http://127.0.0.1:${{ dynamodb: 11, aws: 12, 'load balancer': 13 }[link]}`;
        },
      });
      try {
        const { env, argv } = (await (await fetch(`${account.baseUrl}/app/report`)).json()) as Report;
        expect(env).toMatchObject({
          AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:11',
          AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:12',
          AWS_ENDPOINT_URL: 'http://127.0.0.1:12',
        });
        expect(argv).toEqual(['--upstream', 'http://127.0.0.1:13/app/']);
        expect(direct).toContain(`dynamodb ${account.dynamodbUrl}`);
        expect(direct).toContain(`load balancer ${account.baseUrl}`);
      } finally {
        await account.stop();
      }
    },
    START,
  );

  test('refuses before it starts anything', async () => {
    const Rule = { Type: 'AWS::Events::Rule', Properties: { EventPattern: {} } };
    const failure = start({ resources: { Rule2: Rule } });
    await expect(failure).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('the property EventPattern of Shop/Rule2'),
    });
  });

  test(
    'keeps tables, secrets and identity in a folder',
    async () => {
      const assembly = shopAssembly();
      const persist = join(scratchFolder(), 'state');
      const options = { assembly, port: 0, persist, controlFolder: scratchFolder() };
      const first = await startLocalAccount(options);
      const meanwhile = startLocalAccount(options);
      await expect(meanwhile).rejects.toMatchObject({ code: 'IN_USE', message: expect.stringContaining(`in use by pid ${process.pid}, `) });
      const before = [first.secretValue('Shop', 'ApiKey'), first.principal('buyer').issuer];
      await first.stop();
      const second = await startLocalAccount(options);
      expect([second.secretValue('Shop', 'ApiKey'), second.principal('buyer').issuer]).toEqual(before);
      await second.stop();
    },
    START,
  );
});
