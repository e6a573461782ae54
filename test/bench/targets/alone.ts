import { join } from 'node:path';
import { type Command, serve } from '../process';
import type { Surroundings, Target } from './target';

/** A target of one process that knows nothing of agents. */
export async function alone({ scratch, ports }: Surroundings, command: Omit<Command, 'log' | 'port'>, port?: number): Promise<Target> {
  const served = await serve({ ...command, port: port ?? (await ports.take()), log: join(scratch, `${command.name}.log`) });
  return { port: served.port, own: [served], headers: async () => ({}), stop: served.stop };
}
