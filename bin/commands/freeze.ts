import { userInfo } from 'node:os';
import { Command } from 'commander';
import { type Freeze, type FreezeScope, ORDERS_BELIEVED_MS, ORDERS_READ_MS, scopeInWords } from '../../core/orders';
import type { AllowlistEntry } from '../../core/policy';
import { CommandError, EXIT } from '../exit';
import { ordersAt } from '../orders-at';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { table, terminal } from '../terminal';

interface FreezeOptions extends FreezeScope, PlaceOptions {
  readonly json: boolean;
  readonly reason?: string;
  readonly by: string;
  readonly list: boolean;
}

type LiftOptions = FreezeScope & PlaceOptions & { readonly json: boolean };

const EXAMPLES = `
Examples:
  $ mcp-fleet freeze --server payments --tool transfer --reason "the bank asks us to wait"
  $ mcp-fleet freeze --list               what is frozen, since when, by whom
  $ mcp-fleet unfreeze --server payments --tool transfer
  $ mcp-fleet freeze                      every call of the fleet that may change state
  $ mcp-fleet unfreeze
`;

export function freezeCommand(): Command {
  const command = new Command('freeze')
    .description('Stop calls that may change state, at once and without a deploy; what only reads goes on')
    .addHelpText('after', EXAMPLES)
    .option('--reason <sentence>', 'why; agents read it, too')
    .option('--by <name>', 'who says so', userInfo().username)
    .option('--list', 'what is frozen, and change nothing', false);
  return ofScope(command).action(freeze);
}

export function unfreezeCommand(): Command {
  return ofScope(new Command('unfreeze').description('Let calls begin again that a freeze of this very scope has stopped')).action(
    unfreeze,
  );
}

function ofScope(command: Command): Command {
  return ofPlace(command)
    .option('--server <name>', 'only of this server')
    .option('--tool <name>', 'only of this tool, on each server where none is named')
    .option('--json', 'one JSON document', false);
}

async function freeze({ reason, by, list, json, server, tool, ...options }: FreezeOptions): Promise<void> {
  const scope = scopeOf({ server, tool });
  const place = await placeOf(options);
  const orders = ordersAt(place);
  if (list) return tell((await orders.read()).freezes, json);
  assureGranted(scope, await place.tables.allowlist());
  const ordered: Freeze = { ...scope, at: Date.now(), by, ...(reason !== undefined && { reason }) };
  const { freezes } = await orders.freeze(ordered);
  const { result } = terminal(json);
  if (json) return result(JSON.stringify({ freezes }));
  result(
    `Frozen: ${scopeInWords(ordered)}. Gateways obey within ${ORDERS_READ_MS / 1000} s; one that cannot read this begins no such call after ${ORDERS_BELIEVED_MS / 1000} s.`,
  );
}

async function unfreeze({ json, server, tool, ...options }: LiftOptions): Promise<void> {
  const scope = scopeOf({ server, tool });
  const orders = ordersAt(await placeOf(options));
  const { freezes: standing } = await orders.read();
  if (!standing.some((each) => each.server === server && each.tool === tool)) {
    const others = standing.map(scopeInWords).join(', ') || 'nothing';
    throw new CommandError(EXIT.NO, `No freeze of ${scopeInWords(scope)} stands; frozen: ${others}.`, 'mcp-fleet freeze --list');
  }
  const { freezes } = await orders.lift(scope);
  const { result } = terminal(json);
  if (json) return result(JSON.stringify({ freezes }));
  const still = freezes.length === 0 ? '' : ` Still frozen: ${freezes.map(scopeInWords).join(', ')}.`;
  result(`No longer frozen: ${scopeInWords(scope)}.${still}`);
}

function scopeOf({ server, tool }: { server: string | undefined; tool: string | undefined }): FreezeScope {
  return { ...(server !== undefined && { server }), ...(tool !== undefined && { tool }) };
}

function tell(freezes: readonly Freeze[], json: boolean): void {
  const { result } = terminal(json);
  const rows = [...freezes]
    .sort((one, other) => one.at - other.at)
    .map(({ server = '*', tool = '*', at, by, reason = '-' }) => [server, tool, new Date(at).toISOString(), by, reason]);
  if (json) result(JSON.stringify({ freezes }));
  else if (rows.length === 0) result('Nothing is frozen.');
  else table(['SERVER', 'TOOL', 'SINCE', 'BY', 'REASON'], rows).forEach(result);
}

/** A freeze of what nobody may call anyway stops nothing: mostly a name is mistyped, and a person believes that it is in force. */
function assureGranted({ server, tool }: FreezeScope, allowlist: readonly AllowlistEntry[]): void {
  const grants = allowlist.filter(({ effect }) => effect === 'allow');
  const servers = [...new Set(grants.map((grant) => grant.server))].sort();
  if (server !== undefined && !servers.includes(server)) throw notGranted('server', server, servers);
  if (tool === undefined) return;
  const tools = new Set(grants.filter((grant) => grant.server === (server ?? grant.server)).flatMap((grant) => grant.tools));
  if (!tools.has('*') && !tools.has(tool)) throw notGranted('tool', tool, [...tools].sort());
}

function notGranted(what: 'server' | 'tool', name: string, allowed: readonly string[]): CommandError {
  const message = `--${what} names "${name}", and no agent is granted such a ${what}; allowed: ${allowed.join(', ')}.`;
  return new CommandError(EXIT.USAGE, message);
}
