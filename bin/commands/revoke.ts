import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { Denials, OPERATOR } from '../../checks/denials';
import type { Tables } from '../../checks/tables';
import { agentId } from '../../core/agent';
import type { AllowlistEntry } from '../../core/policy';
import { duration } from '../duration';
import { CommandError, EXIT } from '../exit';
import type { Place, PlaceOptions } from '../place/place';
import { assureServer, ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet revoke research --server memory --until 1m --reason "looks for a leak"
  $ mcp-fleet revoke research                                  it may use nothing, from now on
  $ mcp-fleet revoke research --undo                           it may again what it is granted
`;

/** Longest wait for gateways to end the sessions, in milliseconds: each looks for news every second. */
const WAIT_MS = 15_000;
/** By then every gateway has heard. */
const HEARD_MS = 2_000;
const POLL_MS = 100;
/** Each look reads the whole directory. */
const DEPLOYED_POLL_MS = 1_000;

interface RevokeOptions extends PlaceOptions {
  readonly server?: string;
  /** Seconds. */
  readonly until?: number;
  readonly reason?: string;
  readonly by: string;
  readonly undo: boolean;
  readonly json: boolean;
}

export function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('Cut an agent off: a denial that wins over every grant; what is open ends within seconds')
    .addHelpText('after', EXAMPLES)
    .argument('<agent>', 'name of the agent in construct code')
    .option('--server <name>', 'from this server only')
    .option('--until <duration>', 'for so long, such as 15m or 1h; else until it is undone', duration)
    .option('--reason <sentence>', 'why; it stands in the row')
    .option('--by <name>', 'who says so', userInfo().username)
    .option('--undo', 'take the denial back', false)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(revoke);
}

async function revoke(name: string, options: RevokeOptions): Promise<void> {
  const place = await placeOf(options);
  const denial = denialOf(await place.principal(name), name, options);
  assureServer(place, options.server);
  const denials = new Denials(place.dynamodb, place.names);
  const where = options.server === undefined ? '' : ` from ${options.server}`;
  const { result } = terminal(options.json);
  if (options.undo) {
    if (!(await denials.remove(denial))) {
      throw new CommandError(
        EXIT.NO,
        `No operator has cut ${name} off${where}.`,
        `see what stands: mcp-fleet explain --agent ${name} …${place.flags}`,
      );
    }
    await denials.announce({ agent: denial.agent, server: denial.server, sessions: [] }, Date.now());
    await delay(HEARD_MS);
    return result(options.json ? JSON.stringify({ undone: denial.entry }) : `${name} may again what it is granted.`);
  }
  await denials.put(denial);
  const ended = await endSessions(denial, denials, place);
  if (options.json) return result(JSON.stringify({ denial, sessionsEnded: ended }));
  const until = denial.expiresAt === undefined ? 'until it is undone' : `until ${new Date(denial.expiresAt * 1_000).toISOString()}`;
  result(`${name} is cut off${where} ${until}; ${ended} session${ended === 1 ? '' : 's'} ended.`);
}

/** All of a server, or of all: one row. */
function denialOf(
  principal: { readonly issuer: string; readonly subject: string },
  name: string,
  { server = '*', until, reason, by }: RevokeOptions,
): AllowlistEntry {
  return {
    agent: agentId(principal),
    entry: `${server}#deny#${OPERATOR}`,
    server,
    effect: 'deny',
    tools: ['*'],
    resources: ['*'],
    prompts: ['*'],
    source: OPERATOR,
    ...principal,
    name,
    by,
    ...(reason !== undefined && { reason }),
    ...(until !== undefined && { expiresAt: Math.floor(Date.now() / 1_000) + until }),
  };
}

/**
 * Has the gateways end what is open, and waits until it is; sessions that were opened until the last of them had heard are told of, too.
 * @returns how many have ended
 */
async function endSessions(denial: AllowlistEntry, denials: Denials, { tables, isLocal, flags }: Place): Promise<number> {
  const told = new Set<string>();
  const begun = Date.now();
  for (let first = true; ; first = false) {
    const open = await openSessions(denial, tables);
    const untold = open.filter((session) => !told.has(session));
    for (const session of untold) told.add(session);
    if (first || untold.length > 0) await denials.announce({ agent: denial.agent, server: denial.server, sessions: untold }, Date.now());
    const waited = Date.now() - begun;
    if (open.length === 0 && waited >= HEARD_MS) return told.size;
    if (waited > WAIT_MS) {
      const fix = `they can be used no more; look at the gateways: mcp-fleet ps${flags}`;
      throw new CommandError(
        EXIT.ENVIRONMENT,
        `The denial stands, but ${open.length} sessions have not ended in ${WAIT_MS / 1_000} s.`,
        fix,
      );
    }
    await delay(isLocal ? POLL_MS : DEPLOYED_POLL_MS);
  }
}

async function openSessions({ agent, server }: AllowlistEntry, tables: Pick<Tables, 'directory'>): Promise<readonly string[]> {
  const rows = await tables.directory();
  const own = rows.filter((row) => row.agent === agent && row.closedAt === undefined && (server === '*' || row.server === server));
  return own.map(({ session }) => session);
}
