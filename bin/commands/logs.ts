import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { LocalAccountError } from '../../local/account-error';
import { type AgentNames, readAgentNames } from '../../local/logs/agent-names';
import { lastRunFolder, RUN_FILE } from '../../local/logs/run-folders';
import { nearestFolder } from '../../local/state-folder';
import { attachHere } from '../attach';
import { duration } from '../duration';
import { CommandError, EXIT } from '../exit';
import { Interruption } from '../interruption';
import { logGroupsOf, readEvents, type WantedLines } from '../log-events';
import { isMetric, type LoggedLine, logLine, named, saidBy } from '../log-lines';
import { readLines } from '../log-reader';
import { deployedPlace } from '../place/deployed-place';
import type { PlaceOptions } from '../place/place';
import { ofPlace } from '../place/place-of';
import { terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet logs                        the last lines of everything
  $ mcp-fleet logs payments --follow      a server, its sidecars and its stdio children's stderr, as they write
  $ mcp-fleet logs gateway --since 10m
  $ mcp-fleet logs lambda Authorizer      functions whose name holds that word
`;

/** Where lines are read. */
interface Logs {
  /** Who may be asked for; undefined where it is not known. */
  readonly known: readonly string[] | undefined;
  readonly names: AgentNames;
  readonly read: (wanted: WantedLines) => AsyncGenerator<LoggedLine | undefined>;
}

interface LogsOptions extends PlaceOptions {
  readonly lines: number;
  readonly follow: boolean;
  readonly since?: number;
  readonly metrics: boolean;
  readonly json: boolean;
}

export function logsCommand(): Command {
  const command = new Command('logs')
    .description('Show what gateways, sidecars, servers and functions write; of the last run, where none is under way')
    .addHelpText('after', EXAMPLES)
    .argument('[source]', 'a server, gateway, or lambda; all of them when left out')
    .argument('[name]', 'of functions: a part of their names')
    .option('-n, --lines <number>', 'how many of those that are there', count, 200)
    .option('-f, --follow', 'go on with every line, until Ctrl-C', false)
    .option('--since <duration>', 'only lines of the last such as 90s, 15m or 1h', duration)
    .option('--metrics', 'also lines of the embedded metric format', false)
    .option('--json', 'a line as one JSON object: { time, role, server?, source, text, agentName? }', false);
  return ofPlace(command).action(logs);
}

async function logs(source: string | undefined, name: string | undefined, options: LogsOptions): Promise<void> {
  const { result, paint } = terminal(options.json);
  const interruption = new Interruption();
  const from = options.since === undefined ? undefined : Date.now() - options.since * 1000;
  const { known, names, read } = await (options.stack === undefined ? logsHere() : logsOfStack({ ...options, stack: options.stack }));
  if (source !== undefined && known !== undefined && !known.includes(source)) {
    throw new CommandError(EXIT.USAGE, `There is no "${source}" that writes logs.`, `it is one of ${known.join(', ')}`);
  }
  const shows = (line: LoggedLine): boolean =>
    saidBy(line, source, name) && Date.parse(line.time) >= (from ?? 0) && (options.metrics || !isMetric(line));
  const print = (line: LoggedLine): void => {
    const shown = named(line, names);
    result(options.json ? JSON.stringify(shown) : logLine(shown, paint));
  };

  try {
    let last: LoggedLine[] | undefined = [];
    for await (const line of read({ source, from, follow: options.follow, interrupted: interruption.signal })) {
      if (line === undefined) {
        last?.forEach(print);
        last = undefined;
      } else if (!shows(line)) continue;
      else if (last === undefined) print(line);
      else if (last.push(line) > options.lines) last.shift();
    }
  } finally {
    interruption.dispose();
  }
}

/** Of the account that runs here, or of the last one that did. */
async function logsHere(): Promise<Logs> {
  const { folder, known } = await placeOfLogs();
  const read: Logs['read'] = ({ follow, interrupted }) => readLines(join(folder, RUN_FILE), follow, interrupted);
  return { known, names: readAgentNames(folder), read };
}

async function logsOfStack(options: PlaceOptions & { readonly stack: string }): Promise<Logs> {
  const place = await deployedPlace(options);
  const groups = await logGroupsOf(place);
  const allowlist = await place.tables.allowlist();
  return {
    known: ['gateway', 'lambda', ...groups.flatMap(({ server }) => server ?? [])],
    names: new Map(allowlist.flatMap(({ agent, name }) => (name === undefined ? [] : [[agent, name] as const]))),
    read: (wanted) => readEvents(groups, wanted),
  };
}

async function placeOfLogs(): Promise<{ folder: string; known: readonly string[] | undefined }> {
  try {
    const { logFolder, fleets } = await attachHere();
    return { folder: logFolder, known: ['gateway', 'lambda', ...fleets.flatMap(({ servers }) => servers)] };
  } catch (error) {
    if (!LocalAccountError.is(error) || error.code !== 'NOT_RUNNING') throw error;
    const beside = nearestFolder(process.cwd(), (folder) => lastRunFolder(folder) !== undefined);
    const folder = beside === undefined ? undefined : lastRunFolder(beside);
    if (folder === undefined) throw error;
    return { folder, known: undefined };
  }
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a number of lines; expected 1 to 999999.`);
  return Number(text);
}
