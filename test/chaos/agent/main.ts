// One process of agents: they work off its calls, and tell what became of each.
import type { AgentSettings, Notice } from '../messages';
import { Agent } from './agent';

async function run(settings: AgentSettings): Promise<void> {
  let begun = 0;
  const next = (): number | undefined => (begun < settings.calls ? begun++ : undefined);
  const agents = Array.from({ length: settings.agents }, (_, index) => new Agent(settings, index));
  await Promise.all(agents.map((agent) => agent.work(next, (told) => tell({ kind: 'told', told }))));
  tell({ kind: 'done' });
}

function tell(notice: Notice): void {
  process.send?.(notice);
}

process.on('message', (settings: AgentSettings) => {
  run(settings).catch((error: Error) => tell({ kind: 'failed', message: error.stack ?? error.message }));
});
process.on('disconnect', () => process.exit(0));
// SDK clients throw into the void what belongs to a stream that was cut; the call's own promise tells the rest.
process.on('unhandledRejection', () => undefined);
