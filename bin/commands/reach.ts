import { Command, Option } from 'commander';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import { neededLinks } from '../../local/network/fleet-links';
import { readNetwork } from '../../local/network/network';
import { isNeeded, linksAmong, type ReachRow } from '../../local/network/reach';
import type { AppOptions } from '../app-side';
import { CommandError, EXIT } from '../exit';
import { Interruption } from '../interruption';
import { printDocument } from '../json-document';
import { synthesize } from '../synthesize';
import { table, terminal } from '../terminal';

interface ReachOptions extends AppOptions {
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  $ mcp-fleet reach                                   every connection that something of the app may open, and those that it needs and may not
  $ mcp-fleet reach gateway servers                   whether the gateway comes to the servers' load balancer, and by which rules
  $ mcp-fleet reach payments dynamodb --assembly cdk.out
  $ mcp-fleet reach internet payments --json

Names: gateway, the servers, the listeners of load balancers (edge, servers), functions in a VPC, api, agents, internet, vpc, and the
services of AWS (dynamodb, secretsmanager, …). Computed from the templates; nothing is asked of AWS.
Exit code 0 where every connection that is asked for is open, or, of all, every one that is needed; 3 where one is not.
`;

export function reachCommand(): Command {
  return new Command('reach')
    .description('Say who may open a connection to whom by the security groups, subnets and listeners of the app, and why')
    .argument('[from]', 'who opens it (default: everybody)')
    .argument('[to]', 'to whom (default: to everybody)')
    .addHelpText('after', EXAMPLES)
    .addOption(new Option('--app <command>', 'command that runs the CDK app (default: the app of ./cdk.json)').conflicts('assembly'))
    .option('--assembly <folder>', 'a cloud assembly that is synthesized already, in place of the app')
    .option('-c, --context <key=value>', 'context of the CDK app; may be repeated', (value, all: readonly string[]) => [...all, value], [])
    .option('--json', 'one JSON document', false)
    .action(reach);
}

async function reach(from: string | undefined, to: string | undefined, { json, ...app }: ReachOptions): Promise<void> {
  const interruption = new Interruption();
  try {
    const network = await networkOf(app, interruption.signal);
    const rows = linksAmong(network);
    const asked = rows.filter((row) => (from === undefined || row.from === from) && (to === undefined || row.to === to));
    if (asked.length === 0) throw unknownNames(rows, from, to);
    const names = new Set(neededLinks(network).map(({ name }) => name));
    const isAsked = from !== undefined && to !== undefined;
    const missing = asked.filter((row) => !row.open && (isAsked || isNeeded(row, names)));
    if (missing.length > 0) process.exitCode = EXIT.NO;
    if (json) return printDocument({ links: asked.map((row) => ({ ...row, needed: isNeeded(row, names) })) });
    print(isAsked ? asked : asked.filter((row) => row.open || isNeeded(row, names)), names);
  } catch (error) {
    if (!interruption.happened) throw error;
    process.exitCode = EXIT.INTERRUPTED;
  } finally {
    interruption.dispose();
  }
}

async function networkOf({ app, assembly, context }: AppOptions, signal: AbortSignal) {
  if (assembly !== undefined) return readNetwork(readCloudAssembly(assembly).stacks);
  const synthesis = await synthesize({ app, context }, process.cwd(), signal);
  try {
    return readNetwork(readCloudAssembly(synthesis.assembly).stacks);
  } finally {
    await synthesis.dispose();
  }
}

function print(rows: readonly ReachRow[], needed: ReadonlySet<string>): void {
  const { result, paint } = terminal(false);
  const lines = rows.map((row) => [
    row.from,
    row.to,
    String(row.port),
    row.open ? (row.unknown.length > 0 ? 'unknown' : 'open') : 'refused',
    isNeeded(row, needed) ? 'needed' : '',
    row.why,
  ]);
  const [head = '', ...others] = table(['FROM', 'TO', 'PORT', '', '', 'WHY'], lines);
  result(paint.bold(head));
  for (const [i, line] of others.entries()) result(rows[i]?.open ? line : paint.red(line));
}

function unknownNames(rows: readonly ReachRow[], from: string | undefined, to: string | undefined): CommandError {
  const [sources, targets] = [[...new Set(rows.map((row) => row.from))], [...new Set(rows.map((row) => row.to))]];
  const wrong = from !== undefined && !sources.includes(from) ? `from ${from}; allowed: ${sources.join(', ')}` : undefined;
  const text = wrong ?? `to ${to}; allowed: ${targets.join(', ')}`;
  return new CommandError(EXIT.USAGE, `The app has no connection ${text}.`, 'name one of these');
}
