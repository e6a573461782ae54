import { Command, InvalidArgumentError, Option } from 'commander';
import { type MeaningChange, SEVERITIES, type Severity } from '../../meaning/change';
import { changesInMeaning } from '../../meaning/changes-in-meaning';
import { deploymentsOf } from '../../meaning/deployment';
import { readFleets } from '../../meaning/read-fleets';
import { type AppOptions, appSide } from '../app-side';
import { formerSide, matched, runningSide, type Side } from '../compared-sides';
import { CommandError, EXIT } from '../exit';
import { Interruption } from '../interruption';
import { printDocument } from '../json-document';
import { deploymentLines, meaningLines, summaryOf } from '../meaning-lines';
import { choice } from '../program';
import { terminal } from '../terminal';

interface DiffOptions extends AppOptions {
  readonly against?: string;
  readonly failOn: readonly Severity[];
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  $ mcp-fleet diff                                  the app of ./cdk.json, against the account that runs here
  $ mcp-fleet diff --against cdk.out                against an assembly, such as that of another branch
  $ mcp-fleet diff --against cdk.out --fail-on widens,breaks     for a pull request: exit code 3 if anything does
  $ mcp-fleet diff --against cdk.out --json         one JSON document (docs/diff.md)
`;

export function diffCommand(): Command {
  return new Command('diff')
    .description('Tell what the app would change in meaning: who may call what, with which secrets, through which edge')
    .addHelpText('after', EXAMPLES)
    .addOption(new Option('--app <command>', 'command that runs the CDK app (default: the app of ./cdk.json)').conflicts('assembly'))
    .option('--assembly <folder>', 'a cloud assembly that is synthesized already, in place of the app')
    .option('--against <path>', 'what it is compared with: an assembly, or a deployed template (default: the account that runs here)')
    .option('-c, --context <key=value>', 'context of the CDK app; may be repeated', collect, [])
    .option('--fail-on <severities>', 'exit code 3 where there is one of these, comma-separated', severities, [])
    .option('--json', 'one JSON document', false)
    .action(diff);
}

async function diff(options: DiffOptions): Promise<void> {
  const interruption = new Interruption();
  try {
    // What costs nothing first: that there is nothing to compare with is known at once.
    const former = options.against === undefined ? await runningSide() : formerSide(options.against);
    tell(former, await appSide(options, interruption.signal), options);
  } catch (error) {
    if (!interruption.happened) throw error;
    process.exitCode = EXIT.INTERRUPTED;
  } finally {
    interruption.dispose();
  }
}

function tell(former: Side, next: Side, { failOn, json }: DiffOptions): void {
  const [before, after] = matched(former, next);
  const changes = chosen(changesInMeaning(before.stacks, after.stacks), before, after);
  const deployment = deploymentsOf(before.stacks, after.stacks);
  const failing = changes.filter((change) => failOn.some((severity) => is(change, severity)));
  process.exitCode = failing.length > 0 ? EXIT.NO : EXIT.OK;
  if (json) {
    printDocument({ before: sideOf(before), after: sideOf(after), changes, deployment, failOn, failing: failing.length });
    return;
  }
  const { result, narrate, paint } = terminal(false);
  narrate(`${paint.dim('from')} ${before.from} ${paint.dim('to')} ${after.from}`);
  for (const line of meaningLines(changes, paint)) result(line);
  result(summaryOf(changes));
  for (const line of deploymentLines(deployment, paint)) result(line);
  if (failing.length > 0)
    result(paint.red(`${failing.length} of them ${failing.length === 1 ? 'is' : 'are'} what --fail-on ${failOn.join(',')} names.`));
}

/** Of the fleet that was named, by name or construct path; else all. */
function chosen(changes: readonly MeaningChange[], ...sides: readonly Side[]): readonly MeaningChange[] {
  const { fleet } = choice();
  if (fleet === undefined) return changes;
  const fleets = sides.flatMap(({ stacks }) => readFleets(stacks));
  const found = fleets.find(({ name, path }) => name === fleet || path === fleet);
  if (found !== undefined) return changes.filter((change) => change.fleet === found.name || change.fleet === found.path);
  const names = [...new Set(fleets.map(({ name, path }) => path ?? name))].join(', ');
  throw new CommandError(EXIT.USAGE, `There is no fleet "${fleet}" on either side; allowed with --fleet: ${names}.`);
}

/** What narrows breaks, too, as a rule; it tells what. */
function is({ severity, breaks }: MeaningChange, wanted: Severity): boolean {
  return severity === wanted || (wanted === 'breaks' && breaks !== undefined);
}

function sideOf({ from, stacks }: Side): object {
  return { from, stacks: stacks.map(({ name }) => name) };
}

function severities(text: string): readonly Severity[] {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !SEVERITIES.some((severity) => severity === word));
  if (unknown === undefined) return words as Severity[];
  throw new InvalidArgumentError(`"${unknown}" is no severity; allowed: ${SEVERITIES.join(', ')}.`);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
