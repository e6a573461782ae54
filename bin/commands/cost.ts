import { Command, InvalidArgumentError, Option } from 'commander';
import { type AppOptions, appSide } from '../app-side';
import { chosenFleets } from '../chosen-fleets';
import { costLines } from '../cost/cost-lines';
import { fleetCost } from '../cost/fleet-cost';
import { EXIT } from '../exit';
import { Interruption } from '../interruption';
import { printDocument } from '../json-document';
import { terminal } from '../terminal';

interface CostOptions extends AppOptions {
  readonly agents: readonly number[];
  readonly argumentBytes: number;
  readonly resultBytes: number;
  readonly json: boolean;
}

const AGENTS = [10, 100, 1_000];
const MOST_AGENTS = 1_000_000;
/** What a gateway takes of a message (docs/edges.md). */
const MOST_BYTES = 4 * 1_024 * 1_024;

const EXAMPLES = `
Examples:
  $ mcp-fleet cost                                          the app of ./cdk.json
  $ mcp-fleet cost --assembly cdk.out --result-bytes 100000   with large results
  $ mcp-fleet cost --agents 300 --json                      one JSON document
`;

export function costCommand(): Command {
  return new Command('cost')
    .description('Reckon what the app costs in AWS: while nobody calls, for calls, for sessions and for agents')
    .addHelpText('after', EXAMPLES)
    .addOption(new Option('--app <command>', 'command that runs the CDK app (default: the app of ./cdk.json)').conflicts('assembly'))
    .option('--assembly <folder>', 'a cloud assembly that is synthesized already, in place of the app')
    .option('-c, --context <key=value>', 'context of the CDK app; may be repeated', (value, all: readonly string[]) => [...all, value], [])
    .option('--agents <number>', 'agents at work; may be repeated (default: 10, 100 and 1000)', agentsWithin, [])
    .option('--argument-bytes <number>', 'of a call', bytes, 200)
    .option('--result-bytes <number>', 'of its answer', bytes, 1_000)
    .option('--json', 'one JSON document', false)
    .action(cost);
}

async function cost({ agents, argumentBytes, resultBytes, json, ...app }: CostOptions): Promise<void> {
  const interruption = new Interruption();
  try {
    const { stacks } = await appSide(app, interruption.signal);
    const carried = { arguments: argumentBytes, result: resultBytes };
    const costs = chosenFleets(stacks).map((fleet) => fleetCost(fleet, agents.length === 0 ? AGENTS : agents, carried));
    if (json) {
      printDocument({ fleets: costs });
      return;
    }
    const { result, paint } = terminal(false);
    for (const line of costs.flatMap((one) => costLines(one, paint))) result(line);
  } catch (error) {
    if (!interruption.happened) throw error;
    process.exitCode = EXIT.INTERRUPTED;
  } finally {
    interruption.dispose();
  }
}

function agentsWithin(value: string, all: readonly number[]): readonly number[] {
  return [...all, within(value, 1, MOST_AGENTS)];
}

function bytes(value: string): number {
  return within(value, 0, MOST_BYTES);
}

function within(value: string, least: number, most: number): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < least || number > most)
    throw new InvalidArgumentError(`allowed: a whole number from ${least} to ${most}.`);
  return number;
}
