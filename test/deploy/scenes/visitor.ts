import assert from 'node:assert/strict';
import { type AgentClient, openClient, type Reply } from '../../../checks/agent-client';
import type { Account } from '../account';
import { answerOf } from '../load/call';
import { Stock } from '../stock';

/** What must outlive an update that fails, and the end of the stack. */
export interface Holdings {
  readonly orders: readonly string[];
  /** By the keys of the rows. */
  readonly ledger: ReadonlyMap<string, string>;
  /** Of the secret's value. */
  readonly secret: string;
}

const MOST_SESSIONS = 10;

/** Somebody who looks around in the fleet of the company, beside the load. */
export class Visitor {
  constructor(private readonly account: Account) {}

  async putOrder(): Promise<void> {
    await new Stock(await this.account.now()).put('Orders', { order: 'order-1', buyer: 'buyer' });
  }

  /** A write at the bank with that key. @returns the answer, and whether it is an old one */
  async write(key: string): Promise<object> {
    const reply = await this.visit('buyer', 'bank', (client) => client.call('write', { reference: key }, { key }));
    assert.equal(reply.kind, 'result', JSON.stringify(reply));
    return { ...answerOf(reply), replayed: reply.kind === 'result' && reply.stamp?.replayed === true };
  }

  /** Opens sessions until there is no room. */
  async roomFor(server: string): Promise<number> {
    const opened: AgentClient[] = [];
    try {
      while (opened.length < MOST_SESSIONS) opened.push(await this.open('buyer', server));
    } catch (error) {
      assert.match(String(error), /AT_CAPACITY|capacity|busy/i);
    } finally {
      await Promise.all(opened.map((client) => client.close()));
    }
    return opened.length;
  }

  async auditorMayOnlyRead(): Promise<void> {
    await this.visit('auditor', 'bank', async (client) => {
      assert.equal((await client.call('read', { reference: 'audit' })).kind, 'result');
      const refused = await client.call('write', { reference: 'audit' }, { key: 'audit' });
      assert.equal(refused.kind === 'error' && refused.data.error, 'DENIED', JSON.stringify(refused));
    });
  }

  async isGone(server: string): Promise<void> {
    await assert.rejects(this.open('buyer', server), /UNKNOWN_SERVER/);
  }

  async holdings(): Promise<Holdings> {
    const stock = new Stock(await this.account.now());
    const reply = await this.visit('buyer', 'bank', (client): Promise<Reply> => client.call('read', { reference: 'secret' }));
    const ledger = (await stock.rows('Ledger')).map((row) => JSON.parse(row) as { pk: { S: string }; state: { S: string } });
    return {
      orders: await stock.rows('Orders'),
      ledger: new Map(ledger.filter(({ state }) => state?.S === 'confirmed').map((row) => [row.pk.S, JSON.stringify(row)])),
      secret: answerOf(reply)?.secret ?? JSON.stringify(reply),
    };
  }

  /** What was held then is held now. */
  async stillHolds(before: Holdings): Promise<void> {
    const now = await this.holdings();
    assert.deepEqual(now.orders, before.orders);
    assert.equal(now.secret, before.secret);
    const lost = [...before.ledger].filter(([key, row]) => now.ledger.get(key) !== row);
    assert.deepEqual(lost, [], `${lost.length} of ${before.ledger.size} rows of the ledger are lost or changed`);
  }

  private async visit<Result>(agent: string, server: string, work: (client: AgentClient) => Promise<Result>): Promise<Result> {
    const client = await this.open(agent, server);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  private async open(agent: string, server: string): Promise<AgentClient> {
    const account = await this.account.now();
    return await openClient('v2', `${account.baseUrl}/${server}/mcp`, await account.token(agent));
  }
}
