import type { LocalAccount } from '../../local/local-account';
import type { FleetProcesses } from '../suites/fleet-processes';
import type { Incident } from './journal';

/** Kills one instance with SIGKILL, server and sidecar as one: its machine is gone. Resolves when the service is complete again. */
export async function killInstance(processes: FleetProcesses): Promise<Incident & { readonly replacedMs: number }> {
  const { task } = (await processes.rows()).reduce((most, row) => ((row.sessions ?? 0) > (most.sessions ?? 0) ? row : most));
  const victims = await processes.ofInstance(task);
  const killedAt = Date.now();
  await processes.kill(victims);
  const goneAt = Date.now();
  await processes.whole(['instance']);
  return { instance: task, killedAt, goneAt, replacedMs: Date.now() - killedAt };
}

/** Replaces every gateway, as a deployment in ECS does. @returns milliseconds that it took */
export async function replaceGateways(account: LocalAccount): Promise<number> {
  const since = Date.now();
  await account.redeploy('gateway');
  return Date.now() - since;
}
