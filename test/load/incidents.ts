import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalAccount, ProcessRow } from '../../local/local-account';
import { SERVER } from './fleet-app';
import type { Incident } from './journal';

/** An instance that has not been replaced after this many milliseconds stays lost. */
const REPLACED_MS = 60_000;

/** Kills one instance with SIGKILL, server and sidecar as one: its machine is gone. Resolves when the service is complete again. */
export async function killInstance(account: LocalAccount): Promise<Incident & { readonly replacedMs: number }> {
  const before = await instances(account);
  const { task } = before.reduce((most, row) => ((row.sessions ?? 0) > (most.sessions ?? 0) ? row : most));
  const pids = (await account.processes()).filter((row) => row.task === task).map(({ pid }) => pid);
  const killedAt = Date.now();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  let goneAt: number | undefined;
  while (Date.now() - killedAt < REPLACED_MS) {
    const running = await instances(account);
    if (running.every((row) => row.task !== task)) goneAt ??= Date.now();
    // A sidecar tells its sessions once it listens.
    const complete = running.length === before.length && running.every(({ sessions }) => sessions !== undefined);
    if (goneAt !== undefined && complete) return { instance: task, killedAt, goneAt, replacedMs: Date.now() - killedAt };
    await sleep(50);
  }
  throw new Error(`Instance ${task} was not replaced within ${REPLACED_MS / 1000} s.`);
}

async function instances(account: LocalAccount): Promise<readonly ProcessRow[]> {
  return (await account.processes()).filter(({ role, server }) => role === 'sidecar' && server === SERVER);
}

/** Replaces every gateway, one by one, as a deployment in ECS does. @returns milliseconds that it took */
export async function replaceGateways(account: LocalAccount): Promise<number> {
  const since = Date.now();
  await account.redeploy('gateway');
  return Date.now() - since;
}
