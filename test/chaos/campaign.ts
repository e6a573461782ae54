import { join } from 'node:path';
import { FleetProcesses } from '../suites/fleet-processes';
import type { Stage } from '../suites/suite';
import { agentNames, startCrew } from './agents';
import { Bank } from './bank';
import { Evidence } from './evidence';
import { type FragileFleet, startFragileFleet } from './fleet';
import { chaosFleet, SERVER } from './fleet-app';
import { type History, type Later, writeHistory } from './history';
import { askLater, outcomeAt } from './later';
import type { CutAnswer } from './links/wire';
import type { Told } from './messages';
import type { Options } from './options';
import { planCall } from './plan';
import { Blows } from './strikes/blows';
import { Processes } from './strikes/processes';
import { Striker } from './strikes/striker';
import type { Tally } from './strikes/tally';
import { judge, type Verdict } from './verdict';

/** Where the bundled programs are. */
export interface Programs {
  /** Folder with the bank's server and the Dockerfile that makes it an image. */
  readonly bankServer: string;
  /** File of the agent process. */
  readonly agent: string;
}

export interface CampaignProps extends Stage {
  readonly seed: number;
  readonly calls: number;
  readonly clients: Options['clients'];
  readonly ledger: 'with' | 'without';
  readonly programs: Programs;
}

export interface CampaignResult {
  readonly calls: number;
  readonly executed: number;
  readonly faults: ReturnType<Tally['all']>;
  readonly verdict: Verdict;
  readonly seconds: number;
}

const PROGRESS_MS = 5000;

/** Lets agents make their calls while faults strike, asks for what they did not learn, and judges. */
export async function runCampaign(props: CampaignProps): Promise<CampaignResult> {
  const { seed, calls, clients, signal, say, programs, scratch, ledger } = props;
  const startedAt = Date.now();
  const bank = await Bank.start();
  const evidence = new Evidence();
  const fleetProcesses = new FleetProcesses();
  const processes = new Processes(fleetProcesses);
  const planned = (reference: string) => {
    const [agent = '', number = ''] = reference.split('-');
    return planCall(seed, agent, Number(number)).fault;
  };
  const cuts = new Map<string, CutAnswer>();
  const blows = new Blows(seed, planned);
  const striker = new Striker(blows, processes, (reference, seen) => cuts.set(reference, seen));
  const app = chaosFleet({ directory: programs.bankServer, bankUrl: bank.url, agents: agentNames(clients) });
  const fleet = await startFragileFleet({ app, ledger, scratch, fleetProcesses, striker, processes, evidence });
  const told: Told[] = [];
  const crew = await startCrew(clients, {
    seed,
    calls,
    url: fleet.url,
    token: fleet.token,
    program: programs.agent,
    scratch,
    onTold: (each) => told.push(each),
  });
  const leave = (): void => void crew.stop(); // what waits for them then fails
  signal.addEventListener('abort', leave);
  const progress = setInterval(() => say(progressLine(calls, told, bank, blows)), PROGRESS_MS);
  try {
    signal.throwIfAborted();
    bank.watch = striker;
    await crew.run();
    clearInterval(progress);
    blows.isOver = true;
    await crew.stop();
    await fleetProcesses.whole();
    say(`  ${told.length} calls made, ${blows.tally.total} faults; the fleet is whole again, and is asked for what was not learnt`);
    const history: History = {
      told,
      later: await askFleet(told, fleet),
      journal: bank.journal,
      dispatched: bank.dispatched,
      cuts,
      rows: await fleet.ledger(),
      instances: await processes.instances(),
      evidence: evidence.settledBy,
    };
    writeHistory(join(scratch, 'history.json'), history);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    return { calls: told.length, executed: bank.journal.length, faults: blows.tally.all(), verdict: judge(history), seconds };
  } finally {
    clearInterval(progress);
    signal.removeEventListener('abort', leave);
    await crew.stop();
    await fleet.stop();
    bank.stop();
  }
}

/** As the agent who made the call, past everything that could break. */
async function askFleet(told: readonly Told[], { account, token }: FragileFleet): Promise<ReadonlyMap<string, Later>> {
  const tokens = new Map(await Promise.all(account.agents.map(async (agent) => [agent, await token(agent)] as const)));
  return await askLater(told, (name, { agent }) =>
    outcomeAt(`${account.baseUrl}/${SERVER}/calls/${encodeURIComponent(name)}`, tokens.get(agent) as string),
  );
}

function progressLine(calls: number, told: readonly Told[], bank: Bank, { tally }: Blows): string {
  const open = told.filter(({ outcome }) => outcome === 'unknown' || outcome === 'nothing').length;
  return `  ${told.length} of ${calls} calls, ${bank.journal.length} executions, ${tally.total} faults, ${open} not learnt`;
}
