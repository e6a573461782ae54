import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { openClient } from '../../../checks/agent-client';
import { startLocalAccount } from '../../../local/start';
import { newApp, smallFleet } from '../../apps/company';
import { teamStack } from '../../apps/teams';

/** So many at once: each call starts a child. */
const AT_ONCE = 4;

export interface Running {
  readonly servers: number;
  /** Beside the fleet's own, which has none of them. */
  readonly stacks: number;
}

/** Runs a fleet whose servers stand in stacks of teams, and calls each of them. @returns seconds from its start to the last answer */
export async function runFleet(folder: string, { servers, stacks }: Running, signal: AbortSignal): Promise<number> {
  const app = newApp(join(folder, 'assembly'));
  const fleet = smallFleet(new Stack(app, 'Fleet'), 'many');
  const agent = fleet.addAgent('asker', { subject: 'agent-asker' });
  const names = Array.from({ length: servers }, (_, at) => `server-${at}`);
  const each = Math.ceil(servers / stacks);
  for (let at = 0; at < stacks; at++) teamStack(app, `Team${at}`, names.slice(at * each, (at + 1) * each), { fleet, agent });
  app.synth();
  const controlFolder = join(folder, 'control');
  mkdirSync(controlFolder);
  const began = performance.now();
  const account = await startLocalAccount({ assembly: join(folder, 'assembly'), port: 0, controlFolder });
  try {
    assert.deepEqual([...account.servers].sort(), [...names].sort());
    const token = await account.token('asker');
    for (let at = 0; at < names.length; at += AT_ONCE) {
      signal.throwIfAborted();
      const answers = names.slice(at, at + AT_ONCE).map((name) => whoIs(`${account.baseUrl}/${name}/mcp`, token));
      assert.deepEqual(await Promise.all(answers), names.slice(at, at + AT_ONCE));
    }
    return Math.round((performance.now() - began) / 1_000);
  } finally {
    await account.stop();
  }
}

async function whoIs(url: string, token: string): Promise<string> {
  const client = await openClient('v2', url, token);
  try {
    const reply = await client.call('tell', { name: 'WHO' });
    return reply.kind === 'result' ? reply.text : JSON.stringify(reply);
  } finally {
    await client.close();
  }
}
