import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LocalAccount } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { scratchFolder } from './fixtures/assembly';
import { shopAssembly } from './fixtures/shop';

const START = 60_000;

/** An app that says which version it is; with `broken`, it ends at once. */
const app = (version: string, broken = false) => `
const { createServer } = require('node:http');
${broken ? "console.log('no such module'); process.exit(7);" : ''}
const server = createServer((request, response) => response.end(request.url === '/health' ? 'ok' : ${JSON.stringify(version)}));
server.listen(process.env.PORT);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeAllConnections(); });
`;

describe('an assembly that changes under load', () => {
  let account: LocalAccount;
  const answers: string[] = [];
  let loading = true;
  let load: Promise<void>;

  beforeAll(async () => {
    account = await startLocalAccount({ assembly: shopAssembly({ app: app('one') }), port: 0, controlFolder: scratchFolder() });
    load = (async () => {
      while (loading) {
        const answer = await fetch(`${account.baseUrl}/app/x`).catch((error: Error) => error);
        answers.push(answer instanceof Error ? String(answer.cause) : answer.ok ? await answer.text() : `status ${answer.status}`);
      }
    })();
    while (answers.length === 0) await new Promise((next) => setTimeout(next, 10)); // the load has begun
  }, START);
  afterAll(async () => {
    loading = false;
    await load;
    await account.stop();
  }, START);

  const since = (from: number) => new Set(answers.slice(from));
  const now = async () => (await fetch(`${account.baseUrl}/app/x`)).text();

  test(
    'rolls its services to the new version, and no request fails',
    async () => {
      const statuses: string[] = [];
      await account.apply(shopAssembly({ app: app('two') }), {
        onResource: (resource, status) => void statuses.push(`${resource} ${status}`),
      });
      expect(await now()).toBe('two');
      expect(statuses).toEqual(
        expect.arrayContaining(['Shop/Task UPDATE_IN_PROGRESS', 'Shop/Service UPDATE_COMPLETE', 'Shop/Task DELETE_COMPLETE']),
      );
      expect(statuses.join()).not.toMatch(/Ledger|ApiKey|Balancer/);
      expect(since(0)).toEqual(new Set(['one', 'two']));
    },
    START,
  );

  test(
    'keeps the old version where the new one does not start, and says its last words',
    async () => {
      const from = answers.length;
      const failing = account.apply(shopAssembly({ app: app('three', true) }));
      await expect(failing).rejects.toMatchObject({
        code: 'DEPLOYMENT_FAILED',
        message: expect.stringMatching(/exited with code 7[\s\S]*no such module[\s\S]*Everything is again as it was/),
      });
      expect(await now()).toBe('two');
      expect(since(from)).toEqual(new Set(['two']));
    },
    START,
  );

  test(
    'is given up when its caller says so, and everything is as it was',
    async () => {
      const controller = new AbortController();
      const deaf = "setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(0));";
      const giveUp = (resource: string, status: string): void => {
        if (`${resource} ${status}` === 'Shop/Service UPDATE_IN_PROGRESS') setImmediate(() => controller.abort());
      };
      const applied = account.apply(shopAssembly({ app: deaf }), { signal: controller.signal, onResource: giveUp });
      await expect(applied).rejects.toMatchObject({
        code: 'DEPLOYMENT_FAILED',
        message: expect.stringMatching(/stopped by its caller[\s\S]*Everything is again as it was/),
      });
      expect(await now()).toBe('two');
      const late = account.apply(shopAssembly({ app: app('late') }), { signal: AbortSignal.abort() });
      await expect(late).rejects.toMatchObject({ code: 'DEPLOYMENT_FAILED' });
      expect(await now()).toBe('two');
    },
    START,
  );

  test(
    'serves a new agent, in a stack with one table more and one rule less, then goes back to what it was',
    async () => {
      const more = {
        Extra: {
          Type: 'AWS::DynamoDB::Table',
          Properties: {
            KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          },
        },
      };
      await account.apply(shopAssembly({ app: app('two'), resources: more }));
      expect(account.physicalId('Shop', 'Extra')).toBe('Shop-Extra');
      await account.apply(shopAssembly({ app: app('two') }));
      expect(account.physicalId('Shop', 'Extra')).toBeUndefined();
      expect(account.fleets.map(({ name }) => name)).toEqual(['shop']);
    },
    START,
  );

  test(
    'refuses what this machine does not run before anything changes',
    async () => {
      const topic = { Fn: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'x' }, Layers: ['a'] } } };
      await expect(account.apply(shopAssembly({ app: app('two'), resources: topic }))).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('the property Layers of Shop/Fn'),
      });
      expect(await now()).toBe('two');
    },
    START,
  );
});
