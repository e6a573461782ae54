import { startFleet } from '../suites/fleet';
import { startBearerAdapter } from './bearer-adapter';
import { AGENT, conformanceFleet, RELAY } from './fleet-app';
import type { Programs } from './programs';
import { startScenarioSwitch } from './scenario-switch';
import type { Target } from './target';

/** The servers behind adapter, edge, gateways and sidecars. @param scratch folder for the fleet's assembly and state */
export async function startFleetTarget(programs: Programs, scratch: string): Promise<Target> {
  const adapter = await startBearerAdapter();
  const scenarios = await startScenarioSwitch(`${adapter.origin}/${RELAY}/mcp`);
  const stopRelays = async () => {
    await Promise.all([adapter.stop(), scenarios.stop()]);
  };
  try {
    const { account, processes, token, stop } = await startFleet({ app: conformanceFleet(programs, scenarios.origin), scratch });
    adapter.connect(account.baseUrl, await token(AGENT));
    const started = (await processes.rows()).filter(({ role }) => role !== 'lambda'); // these come and go
    return {
      url: (server) => `${adapter.origin}/${server}/mcp`,
      clientEnvironment: { CONFORMANCE_SWITCH: scenarios.control },
      died: async () => {
        const running = new Set((await processes.rows()).map(({ pid }) => pid));
        return started.filter(({ pid }) => !running.has(pid)).map(({ role, server, task }) => `${role} ${server ?? ''} ${task}`);
      },
      stop: async () => {
        await stopRelays();
        await stop();
      },
    };
  } catch (error) {
    await stopRelays();
    throw error;
  }
}
