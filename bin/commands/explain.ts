import { Command, InvalidArgumentError, Option } from 'commander';
import { isInCode } from '../../checks/allowlist-drift';
import { agentId } from '../../core/agent';
import { type Explanation, explain as explainDecision, type Voice } from '../../core/explanation';
import type { Wanted } from '../../core/granted';
import { readStrictly } from '../../core/strict-json';
import { CommandError, EXIT } from '../exit';
import type { PlaceOptions } from '../place/place';
import { assureServer, ofPlace, placeOf } from '../place/place-of';
import { table, terminal } from '../terminal';
import { toolArguments } from '../tool-arguments';

const EXAMPLES = `
Examples:
  $ mcp-fleet explain --agent support --server payments --tool refund
  $ mcp-fleet explain --agent treasury --server payments --tool transfer --arguments '{"amount":120}'
  $ mcp-fleet explain --agent research --server everything --resource demo://resource/dynamic/text/1

Exit code 0 where it is allowed, 3 where it is not.
`;

interface ExplainOptions extends PlaceOptions {
  readonly agent: string;
  readonly server: string;
  readonly tool?: string;
  readonly arguments?: string;
  readonly resource?: string;
  readonly prompt?: string;
  readonly json: boolean;
}

export function explainCommand(): Command {
  const named = (flags: string, what: string, ...others: string[]) => new Option(flags, what).conflicts(others);
  const command = new Command('explain')
    .description('Say whether an agent may do something, and by which rows of the allowlist')
    .addHelpText('after', EXAMPLES)
    .requiredOption('--agent <name>', 'name of the agent in construct code')
    .requiredOption('--server <name>', 'name of the server')
    .addOption(named('--tool <name>', 'may it call this tool', 'resource', 'prompt'))
    .addOption(named('--arguments <json>', 'with these arguments; {} where none are given', 'resource', 'prompt').argParser(exactArguments))
    .addOption(named('--resource <uri>', 'may it read this resource', 'tool', 'prompt'))
    .addOption(named('--prompt <name>', 'may it get this prompt', 'tool', 'resource'))
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(explain);
}

async function explain(options: ExplainOptions): Promise<void> {
  const wanted = wantedOf(options);
  const place = await placeOf(options);
  const id = agentId(await place.principal(options.agent));
  assureServer(place, options.server);
  const grants = await place.grantedInCode();
  const rows = (await place.tables.allowlist()).filter(({ agent }) => agent === id);
  const explanation = explainDecision(rows, options.server, wanted, Date.now() / 1_000);
  if (!explanation.allowed) process.exitCode = EXIT.NO;
  const { result, paint } = terminal(options.json);
  const rowsWithCode = explanation.rows.map((row) => ({
    ...row,
    ...(grants !== undefined && { inCode: isInCode(row.entry, options.agent, grants) }),
  }));
  if (options.json)
    return result(JSON.stringify({ agent: options.agent, server: options.server, ...wanted, ...explanation, rows: rowsWithCode }));
  const answer = explanation.allowed ? paint.green('allowed') : paint.red('denied');
  result(`${paint.bold(answer)}  ${explanation.reason}${limitOf(explanation)}`);
  if (explanation.rows.length === 0) return result('The allowlist has no row of this agent for this server.');
  const lines = rowsWithCode.map(({ entry, says, inCode }) => [
    entry.entry,
    WORDS[says],
    inCode === undefined ? '?' : inCode ? 'yes' : 'no',
    entry.expiresAt === undefined ? '' : new Date(entry.expiresAt * 1_000).toISOString(),
    [entry.by, entry.reason].filter(Boolean).join(': '),
  ]);
  table(['ROW', 'SAYS', 'IN CODE', 'ENDS', 'BY'], lines).forEach(result);
}

const WORDS: Readonly<Record<Voice, string>> = { allows: 'allowed', denies: 'denied', nothing: 'nothing of it', ended: 'ended' };

function limitOf({ limit }: Explanation): string {
  return limit === undefined ? '' : `, ${limit.calls} calls per ${limit.per}`;
}

function wantedOf({ tool, arguments: argumentsText = '{}', resource, prompt }: ExplainOptions): Wanted {
  if (tool !== undefined) return { kind: 'tool', name: tool, argumentsText };
  if (resource !== undefined) return { kind: 'resource', name: resource };
  if (prompt !== undefined) return { kind: 'prompt', name: prompt };
  throw new CommandError(EXIT.USAGE, 'It is not said what the agent wants.', 'name it: --tool, --resource or --prompt');
}

/** Their text as a gateway would read it: numbers digit for digit. */
function exactArguments(text: string): string {
  toolArguments(text);
  try {
    return readStrictly(Buffer.from(text)).text;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
