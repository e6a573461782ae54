import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { CLIENT_KINDS, openClient } from '../../../checks/agent-client';
import type { LocalAccount } from '../../../local/local-account';
import { startLocalAccount } from '../../../local/start';
import { JOINED, joined, OTHERWISE } from '../../apps/joined';
import type { Scene } from './scene';

/** A company that has a load balancer, a network and rules of its own: its fleets are deployed there, and serve. */
export const companies: Scene = async ({ steps, scratch, long }) => {
  const [assembly, folder] = [join(scratch, 'cdk.out'), join(scratch, 'account')];
  mkdirSync(folder);
  await steps.take('two fleets that enter listeners of the company are synthesized, one in the app and one elsewhere', async () =>
    joined(assembly),
  );
  const account = await steps.take('they are deployed, with every setting for companies', async () =>
    startLocalAccount({ assembly, port: 0, controlFolder: folder }),
  );
  let calls = 0;
  try {
    for (const name of JOINED) {
      for (const kind of long ? CLIENT_KINDS : CLIENT_KINDS.slice(0, 1)) {
        await steps.take(`${name}: an agent calls by ${kind}`, async () => {
          const token = await account.token(`${name}/asker`);
          const client = await openClient(kind, `${edgeOf(account, name)}/teller/mcp`, token);
          try {
            const reply = await client.call('tell', {});
            assert.equal(reply.kind, 'result', JSON.stringify(reply));
            calls++;
          } finally {
            await client.close();
          }
        });
      }
    }
    await steps.take('under its own names the company answers itself', async () => {
      const answers = await Promise.all(JOINED.map((name) => answerAs('other.example', portOf(account, name))));
      assert.deepEqual(answers, [OTHERWISE, 'Not found']);
    });
  } finally {
    await account.stop();
  }
  return [`${calls} calls by listeners of the company`];
};

const edgeOf = (account: LocalAccount, fleet: string) => account.fleets.find(({ name }) => name === fleet)?.baseUrl ?? '';
const portOf = (account: LocalAccount, fleet: string) => Number(new URL(edgeOf(account, fleet)).port);

/** What is answered to who asks for a host. */
function answerAs(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/', headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    asked.on('error', reject).end();
  });
}
