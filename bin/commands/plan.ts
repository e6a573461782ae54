import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isWithin, LENGTHS, RANGES, type Range } from '../../core/sizing/load-profile';
import { PRICES } from '../../core/sizing/prices';
import { type AppOptions, appSide } from '../app-side';
import { chosenFleets } from '../chosen-fleets';
import { durationWithin } from '../duration';
import { CommandError, EXIT } from '../exit';
import { Interruption } from '../interruption';
import { printDocument } from '../json-document';
import { chartPng } from '../plan/chart-png';
import { planSvg } from '../plan/chart-svg';
import { baseOf, type FleetPlan } from '../plan/fleet-plan';
import { type LoadsOf, madeUpLoads, recordedLoads } from '../plan/loads';
import { planLines } from '../plan/plan-lines';
import { planServer, type ServerPlan } from '../plan/plan-server';
import { inWords, rampOf, type SomeProfile } from '../plan/profile';
import { progressTeller } from '../plan/progress';
import { type Overrides, plannedServers } from '../plan/servers';
import { terminal } from '../terminal';

interface PlanOptions extends AppOptions, Overrides, Omit<SomeProfile, 'day'> {
  readonly rampMinutes?: number;
  readonly profile?: string;
  /** Seconds. */
  readonly fromLedger?: number;
  readonly server: readonly string[];
  readonly svg?: string;
  readonly png?: string;
  readonly failOnRefusal: boolean;
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  $ mcp-fleet plan --agents 300                     the app of ./cdk.json, under 300 agents who work for eight hours
  $ mcp-fleet plan --agents 300 --per-instance 50 --max-instances 20     with other caps than the app's
  $ mcp-fleet plan --from-ledger 1h                 under what the fleet that runs here has borne in the last hour
  $ mcp-fleet plan --agents 300 --svg plan.svg --json                    a chart, and one JSON document (docs/plan.md)
  $ mcp-fleet plan --agents 300 --png plan.png                           the chart as PNG
`;

/** Flags that stand for members of a profile. */
const LOAD_FLAGS = {
  agents: ['--agents <number>', 'agents at work (default: 100)'],
  sessionsPerTask: ['--sessions-per-task <number>', 'sessions that each task opens on a server (default: 1)'],
  sessionMinutes: ['--session-minutes <number>', 'mean length of a task and its sessions (default: 20)'],
  pauseMinutes: ['--pause-minutes <number>', "mean time between an agent's tasks (default: 0)"],
  thinkSeconds: ['--think-seconds <number>', 'time from one call of a session to its next (default: 30)'],
  cpuMs: ['--cpu-ms <number>', 'CPU time that a call takes (default: 5)'],
  hours: ['--hours <number>', 'how long the load lasts (default: 8)'],
  seed: ['--seed <number>', 'all chance follows from it (default: 1)'],
} as const satisfies Record<keyof typeof RANGES, readonly [string, string]>;

/** What a load that was there has of its own. */
const MADE_UP = ['profile', 'agents', 'sessionsPerTask', 'sessionMinutes', 'sessionLengths', 'pauseMinutes', 'hours', 'rampMinutes'];

/** Flags in place of what the template says; as the constructs take them. */
const INSTANCES = { least: 1, most: 5_000, whole: true };

export function planCommand(): Command {
  const command = new Command('plan')
    .description('Simulate how the app bears a load: caps, instances, waits, refusals and cost, beside the same load under CPU scaling')
    .addHelpText('after', EXAMPLES)
    .addOption(new Option('--app <command>', 'command that runs the CDK app (default: the app of ./cdk.json)').conflicts('assembly'))
    .option('--assembly <folder>', 'a cloud assembly that is synthesized already, in place of the app')
    .option('-c, --context <key=value>', 'context of the CDK app; may be repeated', collect, [])
    .option('--server <name>', 'only this server; may be repeated', collect, [])
    .option('--profile <file>', 'the load, as JSON (docs/plan.md); flags come before it')
    .addOption(
      new Option('--from-ledger <duration>', 'the load that the local account has borne until now, for so long (1m to 168h)')
        .argParser(durationWithin('1m', '168h'))
        .conflicts(MADE_UP),
    );
  for (const [member, [flag, what]] of Object.entries(LOAD_FLAGS))
    command.option(flag, what, numberWithin(RANGES[member as keyof typeof RANGES]));
  return command
    .addOption(new Option('--session-lengths <spread>', 'how lengths are spread about their mean').choices(LENGTHS))
    .option('--ramp-minutes <number>', 'until all agents are at work (default: 10)', numberWithin({ least: 0, most: 1_440, whole: false }))
    .option('--per-instance <number>', 'slots of an instance', numberWithin({ least: 1, most: 10_000, whole: true }))
    .option('--min-instances <number>', 'least instances', numberWithin({ ...INSTANCES, least: 0 }))
    .option('--max-instances <number>', 'most instances', numberWithin(INSTANCES))
    .option('--target <percent>', 'slots in use that scaling keeps', numberWithin({ least: 10, most: 80, whole: false }))
    .option('--start-seconds <number>', 'until an instance takes sessions', numberWithin({ least: 0, most: 3_600, whole: false }), 60)
    .option('--svg <file>', 'write a chart there')
    .option('--png <file>', 'write the same chart there, as PNG')
    .option('--fail-on-refusal', 'exit code 3 where a session is refused as it is deployed', false)
    .option('--json', 'one JSON document', false)
    .action(plan);
}

async function plan(options: PlanOptions): Promise<void> {
  const interruption = new Interruption();
  try {
    // What costs nothing first: a wrong profile, or no account that runs, is known at once.
    const loads = await loadsFrom(options);
    const { from, stacks } = await appSide(options, interruption.signal);
    const servers = plannedServers(chosenFleets(stacks), options.server, options);
    const plans: ServerPlan[] = [];
    const progress = { onProgress: progressTeller(), signal: interruption.signal };
    for (const [server, load] of await loads(servers)) plans.push(await planServer(server, load, progress));
    await tell({ from, servers: plans, ...baseOf(servers.map(({ fleet }) => fleet)), prices: PRICES }, options);
  } catch (error) {
    if (!interruption.happened) throw error;
    process.exitCode = EXIT.INTERRUPTED;
  } finally {
    interruption.dispose();
  }
}

async function loadsFrom({ fromLedger, profile, ...options }: PlanOptions): Promise<LoadsOf> {
  return fromLedger === undefined ? madeUpLoads(profile, flagsOf(options)) : await recordedLoads(fromLedger, options);
}

async function tell(planned: FleetPlan, { svg, png, json, failOnRefusal }: PlanOptions): Promise<void> {
  if (svg !== undefined) writeChart('--svg', svg, planSvg(planned));
  if (png !== undefined) writeChart('--png', png, await chartPng(planSvg(planned)));
  const refuses = planned.servers.some(({ deployed }) => deployed.sessions.refused > 0);
  process.exitCode = failOnRefusal && refuses ? EXIT.NO : EXIT.OK;
  if (json) {
    printDocument(planned);
    return;
  }
  const { result, paint } = terminal(false);
  for (const line of planLines(planned, paint)) result(line);
}

function writeChart(flag: string, file: string, chart: string | Uint8Array): void {
  try {
    writeFileSync(file, chart);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new CommandError(
      EXIT.ENVIRONMENT,
      `${flag} names ${file}, which cannot be written (${reason}).`,
      'name a file in a folder that is there',
    );
  }
}

/** The one that was named, by name or construct path; else all. */
function flagsOf({ rampMinutes, sessionLengths, ...options }: Omit<PlanOptions, 'profile' | 'fromLedger'>): SomeProfile {
  const members = Object.keys(LOAD_FLAGS) as (keyof typeof LOAD_FLAGS)[];
  const given = members.flatMap((member) => (options[member] === undefined ? [] : [[member, options[member]]]));
  return {
    ...Object.fromEntries(given),
    ...(sessionLengths !== undefined && { sessionLengths }),
    ...(rampMinutes !== undefined && { day: rampOf(rampMinutes) }),
  };
}

function numberWithin(range: Range): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (isWithin(value, range)) return value;
    throw new InvalidArgumentError(`"${text}" is not ${inWords(range)}.`);
  };
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
