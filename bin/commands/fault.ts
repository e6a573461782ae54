import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import {
  ENDING_SIGNALS,
  FAULT_TIMES,
  type FaultOrder,
  type FaultRow,
  type KillOrder,
  SOURCES,
  type Victims,
} from '../../local/faults/order';
import { attachHere } from '../attach';
import { durationWithin } from '../duration';
import { CommandError, EXIT } from '../exit';
import { table, terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet fault kill --server payments         a task of it dies, and is replaced
  $ mcp-fleet fault pause --gateway --for 5s       a gateway stands still, and goes on
  $ mcp-fleet fault cut --from gateway --to ledger --for 10s
                                                   nothing passes there, as behind a security group that lets nobody in
  $ mcp-fleet fault silence ledger --for 10s       what it is asked is taken and not answered
  $ mcp-fleet fault throttle authorizer --share 0.5 --for 10s
  $ mcp-fleet fault zone a --for 10s               every task of the zone dies, and none is placed there
  $ mcp-fleet fault expire-token support           what it has got so far is not believed any more
  $ mcp-fleet fault expire-certificate --in-days 10 --for 10s
                                                   its alarm rings beforehand
  $ mcp-fleet fault expire-certificate --for 10s   nobody can connect to a load balancer (mcp-fleet local --tls)
  $ mcp-fleet fault list
  $ mcp-fleet fault clear                          ends those that last
`;

const MOST = `${FAULT_TIMES.most / 60_000}m`;
const DEPENDENCY = 'ledger, directory, allowlist, or the name of a table; authorizer, or the name of a function; secrets';

interface Shared {
  readonly json: boolean;
  /** Seconds. */
  readonly for?: number;
}

type VictimOptions = Shared & Omit<Victims, 'task'>;

export function faultCommand(): Command {
  const fault = new Command('fault')
    .description('Make something fail in the local account; it ends by itself, by `fault clear`, and with the account')
    .addHelpText('after', EXAMPLES);
  return fault
    .addCommand(killCommand())
    .addCommand(pauseCommand())
    .addCommand(cutCommand())
    .addCommand(silenceCommand())
    .addCommand(throttleCommand())
    .addCommand(zoneCommand())
    .addCommand(expireTokenCommand())
    .addCommand(expireCertificateCommand())
    .addCommand(listCommand())
    .addCommand(clearCommand());
}

function killCommand(): Command {
  return ofVictims(new Command('kill').description('End processes at once, as the death of a machine does'))
    .addOption(new Option('--signal <name>', 'what they are sent').choices(ENDING_SIGNALS).default('SIGKILL'))
    .action((task: string | undefined, { json, signal, ...victims }: VictimOptions & Pick<KillOrder, 'signal'>) =>
      begin({ kind: 'kill', ...(signal && { signal }), ...named(task, victims) }, { json }),
    );
}

function pauseCommand(): Command {
  return lasting(ofVictims(new Command('pause').description('Let processes stand still (SIGSTOP), and go on'))).action(
    (task: string | undefined, options: VictimOptions) => begin({ kind: 'pause', ...named(task, options) }, options),
  );
}

function cutCommand(): Command {
  const from = new Option('--from <name>', 'who sends').choices(SOURCES).makeOptionMandatory();
  return lasting(
    new Command('cut').description('Let nothing pass on a link: what is sent is not answered, as behind a closed security group'),
  )
    .addOption(from)
    .requiredOption('--to <name>', `who is not reached: gateway from agents; a server from the gateway; ${DEPENDENCY}`)
    .option('--refuse', 'reset connections at once instead', false)
    .action(({ from, to, refuse, ...options }) => begin({ kind: 'cut', from, to, refuse }, options));
}

function silenceCommand(): Command {
  return lasting(new Command('silence').description('Let something take requests and not answer them'))
    .argument('<what>', DEPENDENCY)
    .option('--answers-only', 'do what they ask for, and lose the answers alone', false)
    .action((what: string, { answersOnly, ...options }) => begin({ kind: 'silence', what, answersOnly }, options));
}

function throttleCommand(): Command {
  return lasting(new Command('throttle').description('Let something refuse requests as AWS does where its limits are reached'))
    .argument('<what>', DEPENDENCY.replace('; secrets', ''))
    .option('--share <number>', 'of the requests, above 0, up to 1', share, 1)
    .action((what: string, { share, ...options }) => begin({ kind: 'throttle', what, share }, options));
}

function zoneCommand(): Command {
  return lasting(new Command('zone').description('Lose an availability zone: its tasks die, and none is placed there'))
    .argument('<zone>', 'such as eu-central-1a, or its last letter')
    .action((zone: string, options: Shared) => begin({ kind: 'zone', zone }, options));
}

function expireTokenCommand(): Command {
  return new Command('expire-token')
    .description('Let the tokens that an agent has got so far not be believed any more; it can get new ones')
    .addArgument(new Argument('<agent>', 'name of the agent in construct code'))
    .option('--json', 'one JSON document', false)
    .action((agent: string, options: Shared) => begin({ kind: 'expire-token', agent }, options));
}

function expireCertificateCommand(): Command {
  return lasting(
    new Command('expire-certificate').description('Let the certificates of load balancers end; they are renewed when it is over'),
  )
    .option(
      '--in-days <number>',
      'whole days until they end, as their alarm is told; 0, they have: that needs mcp-fleet local --tls',
      wholeDays,
      0,
    )
    .action(({ inDays, ...options }: Shared & { readonly inDays: number }) => begin({ kind: 'expire-certificate', inDays }, options));
}

function listCommand(): Command {
  return new Command('list')
    .description('The faults that last, and how much each has struck')
    .option('--json', 'one JSON document', false)
    .action(async ({ json }: Shared) => {
      const faults = await (await attachHere()).faults();
      const { result } = terminal(json);
      if (json) return result(JSON.stringify({ faults }));
      if (faults.length === 0) return result('no fault lasts');
      faultTable(faults).forEach(result);
    });
}

function clearCommand(): Command {
  return new Command('clear')
    .description('End a fault, or all that last')
    .argument('[id]', 'of `fault list`')
    .option('--json', 'one JSON document', false)
    .action(async (id: string | undefined, { json }: Shared) => {
      const ended = await (await attachHere()).clearFaults(id);
      const { result } = terminal(json);
      if (json) return result(JSON.stringify({ ended }));
      result(ended.length === 0 ? 'no fault lasts' : `ended: ${ended.map(({ id, what }) => `${id} (${what})`).join(', ')}`);
    });
}

async function begin(order: FaultOrder, { json, for: seconds }: Shared): Promise<void> {
  const row = await (await attachHere()).fault({ ...order, ...(seconds !== undefined && { forMs: seconds * 1_000 }) } as FaultOrder);
  const { result } = terminal(json);
  if (json) return result(JSON.stringify(row));
  const { id, what, until, struck } = row;
  if (until !== undefined) return result(`${id}: ${what}, until ${until}; mcp-fleet fault clear ${id} ends it before`);
  result(
    order.kind === 'kill' ? `${what}: ${counted(struck, 'process', 'processes')}` : `${what}: ${counted(struck, 'gateway', 'gateways')}`,
  );
}

function named(task: string | undefined, { server, gateway = false, all = false, container }: Partial<VictimOptions>): Victims {
  if ([task, server, gateway || undefined].filter((one) => one !== undefined).length !== 1)
    throw new CommandError(
      EXIT.USAGE,
      'Whose processes?',
      'name exactly one: the id of a task (mcp-fleet ps), --server NAME, or --gateway',
    );
  return {
    ...(task !== undefined && { task }),
    ...(server !== undefined && { server }),
    ...(gateway && { gateway }),
    ...(all && { all }),
    ...(container !== undefined && { container }),
  };
}

function ofVictims(command: Command): Command {
  return command
    .argument('[task]', 'id of a task, or its first characters')
    .option('--server <name>', 'a task of this server')
    .option('--gateway', 'a task of the gateway')
    .option('--all', 'every task of it, rather than one')
    .option('--container <name>', 'only this container of it, such as sidecar')
    .option('--json', 'one JSON document', false);
}

function lasting(command: Command): Command {
  const time = new Option('--for <duration>', `how long, from 1s to ${MOST}`)
    .argParser(durationWithin('1s', MOST))
    .default(FAULT_TIMES.usual / 1_000, `${FAULT_TIMES.usual / 1_000}s`);
  const withTime = command.addOption(time);
  return command.options.some(({ long }) => long === '--json') ? withTime : withTime.option('--json', 'one JSON document', false);
}

function faultTable(faults: readonly FaultRow[]): readonly string[] {
  return table(
    ['ID', 'FAULT', 'UNTIL', 'STRUCK'],
    faults.map(({ id, what, until, struck }) => [id, what, until ?? '', String(struck)]),
  );
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}

function wholeDays(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is not a number of whole days.`);
}

function share(text: string): number {
  const number = Number(text);
  if (number > 0 && number <= 1) return number;
  throw new InvalidArgumentError(`"${text}" is not a share; write a number above 0, up to 1.`);
}
