import assert from 'node:assert/strict';
import { type AgentClient, openClient } from '../../../checks/agent-client';
import type { LocalAccount } from '../../../local/local-account';
import type { Given } from '../scenes/scene';

/** So many at once: each session is a child. */
const AT_ONCE = 4;
/** How often a session is asked for: who is refused because an instance starts too slowly comes again, as agents do. */
const OPENINGS = 4;

export interface Calling extends Pick<Given, 'say' | 'signal'> {
  readonly account: LocalAccount;
  readonly token: string;
}

/** What is done in a session at one server. @throws Error that says what it answered instead */
type Visit = (client: AgentClient, server: string) => Promise<void>;

/** Visits servers, some at once, and tells of those that have answered. @throws Error that names all that failed */
export async function callAll(names: readonly string[], visit: Visit, calling: Calling): Promise<void> {
  const failures: string[] = [];
  let done = 0;
  const one = async (name: string): Promise<void> => {
    calling.signal.throwIfAborted();
    await inSession(name, visit, calling).catch((error: Error) => failures.push(`${name}: ${error.message}`));
    done++;
    if (done % 10 === 0 || done === names.length) calling.say(`  ${done} of ${names.length} called, ${failures.length} failed`);
  };
  const queue = [...names];
  const work = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await one(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.deepEqual(failures, []);
}

/** It answers as itself. */
export const tellWho: Visit = async (client, server) => {
  const reply = await client.call('tell', { name: 'WHO' });
  assert.deepEqual(reply.kind === 'result' ? reply.text : reply, server);
};

/** A write under a key runs once, however often it is sent. */
export const writeOnce: Visit = async (client, server) => {
  const send = () => client.call('tell', { name: 'WHO' }, { key: `woken-${server}` });
  const [first, again] = [await send(), await send()];
  const seen = [first, again].map((reply) => (reply.kind === 'result' ? [reply.text, reply.stamp?.outcome, reply.stamp?.replayed] : reply));
  assert.deepEqual(seen, [
    [server, 'confirmed', false],
    [server, 'confirmed', true],
  ]);
};

async function inSession(name: string, visit: Visit, calling: Calling): Promise<void> {
  const client = await open(name, calling);
  try {
    await visit(client, name);
  } finally {
    await client.close();
  }
}

async function open(name: string, { account, token, say, signal }: Calling): Promise<AgentClient> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openClient('v2', `${account.baseUrl}/${name}/mcp`, token);
    } catch (error) {
      if (attempt === OPENINGS || signal.aborted) throw error;
      say(`  ${name} comes again: ${(error as Error).message.slice(0, 200)}`);
    }
  }
}
