import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { AllowlistEntry } from '../../core/policy';
import { CommandError, EXIT } from '../exit';
import { agentIdOf } from '../place/agents';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';

interface ShredOptions extends PlaceOptions {
  readonly agent: string;
  readonly reason: string;
  readonly by: string;
  readonly yes: boolean;
  readonly json: boolean;
}

/** agentId: 32 characters of base64url. */
const AGENT_ID = /^[\w-]{32}$/;

export function shredCommand(): Command {
  const command = new Command('shred')
    .description('Destroy the key of an agent: what is personal in its records of the archive can never be read again')
    .requiredOption('--agent <name>', 'its name in the app, its subject or its id')
    .requiredOption('--reason <sentence>', 'why; it stands in the place of the key', sentence)
    .option('--by <name>', 'who says so', userInfo().username)
    .option('--yes', 'without being asked', false)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(shred);
}

async function shred({ agent, reason, by, yes, json, ...options }: ShredOptions): Promise<void> {
  const place = await placeOf(options);
  const { agentKeys, fleet } = place;
  if (agentKeys === undefined) {
    const fix = 'deploy it with a version of cdk-mcp-fleet that seals what it archives; what was archived before stays as it is';
    throw new CommandError(EXIT.NO, `The archive of the fleet ${fleet} has no keys of agents.`, fix);
  }
  const id = agentOf(agent, await place.tables.allowlist());
  if (!yes) await confirm(agent, fleet);
  const keys = await agentKeys.shred(id, { by, reason });
  if (keys === 0) {
    const fix = 'nothing of it was archived, or it is shredded already: mcp-fleet ledger verify counts what is';
    throw new CommandError(EXIT.NO, `The agent "${agent}" has no key in the fleet ${fleet}.`, fix);
  }
  const { result } = terminal(json);
  if (json) return result(JSON.stringify({ agent: id, keysDestroyed: keys }));
  result(
    `The key of ${agent} is destroyed: what is personal in its archived records is shredded. Its rows in the ledger stay until they expire.`,
  );
}

/** Who was an agent once, and is granted nothing any more, is known by its id alone. */
function agentOf(name: string, allowlist: readonly AllowlistEntry[]): string {
  const isGranted = allowlist.some((entry) => [entry.name, entry.subject, entry.agent].includes(name));
  return !isGranted && AGENT_ID.test(name) ? name : agentIdOf(name, allowlist);
}

/** @throws CommandError unless a person has typed the agent's name again */
async function confirm(agent: string, fleet: string): Promise<void> {
  if (!process.stdin.isTTY) throw new CommandError(EXIT.USAGE, 'Nobody is there to be asked.', 'say it with --yes');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await lines.question(`This cannot be undone, by nobody. Type the agent of the fleet ${fleet} again to shred it: `);
  lines.close();
  if (typed !== agent) throw new CommandError(EXIT.USAGE, `That is not "${agent}". Nothing was destroyed.`);
}

function sentence(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty; say why, such as the number of the request.');
  return text;
}
