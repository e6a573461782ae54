import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly';
import type { LocalAccount } from '../../../local/local-account';
import { startLocalAccount } from '../../../local/start';
import type { Given } from '../scenes/scene';
import { altered, called, SERVERS, STACK } from './fleet';
import { type Mutation, removals } from './mutations';

/** What is a rule or a route; without an endpoint all goes another way, and a template without a listener that it names is none. */
const PLAYED = /^(ingress \d|egress \d|SecurityGroupIngress|SecurityGroupEgress|Route|VPCGatewayAttachment) /;
/** An agent gives a door up at which nobody answers. */
const DOOR_MS = 3_000;

/** Starts the account once for each rule and route that is taken away: what comes of it must be seen. @returns how many */
export async function playStarts({ scratch, steps, say }: Given, assembly: string): Promise<number> {
  const played = removals(readCloudAssembly(assembly).stacks).filter(({ what }) => PLAYED.test(what));
  for (const [i, mutation] of played.entries()) {
    await steps.take(`started without ${mutation.what}`, async () =>
      say(`    ${await seen(mutation, assembly, join(scratch, `start-${i}`))}`),
    );
  }
  return played.length;
}

/** @returns what was seen. @throws Error when nothing was */
async function seen({ stacks, what }: Mutation, assembly: string, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const told: string[] = [];
  const template = stacks.find(({ name }) => name === STACK)?.template;
  if (template === undefined) throw new Error(`There is no stack ${STACK}.`);
  const options = { assembly: altered(assembly, join(folder, 'cdk.out'), () => template), port: 0, controlFolder: folder };
  const onProgress = ({ name, detail }: { name: string; detail: string }) => name === 'network' && told.push(detail);
  let account: LocalAccount;
  try {
    account = await startLocalAccount({ ...options, onProgress });
  } catch (error) {
    const { message } = error as Error;
    const why = /Request timed out|ResourceInitializationError[^\n]*/.exec(message)?.[0];
    if (why === undefined || told.length === 0) throw new Error(`It did not start for another reason than the network: ${message}`);
    return `it does not start: ${why}`;
  }
  try {
    return await failedCall(account, told, what);
  } finally {
    await account.stop();
  }
}

async function failedCall(account: LocalAccount, told: readonly string[], what: string): Promise<string> {
  const door = await fetch(`${account.baseUrl}/one/mcp`, { signal: AbortSignal.timeout(DOOR_MS) }).then(
    () => 'open',
    (error: Error) => error.name,
  );
  if (door === 'TimeoutError') return 'agents find nobody at the edge';
  for (const server of SERVERS) {
    const came = await called(account, server);
    if (came !== 'answered') return `a call of "${server}" comes to ${came}`;
  }
  throw new Error(`Nothing is another without ${what}; told was ${told.join('; ') || 'nothing'}.`);
}
