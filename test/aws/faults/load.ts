import { AgentProcesses } from '../../chaos/agent/processes';
import type { Bank } from '../../chaos/bank';
import { SERVER } from '../../chaos/fleet-app';
import { AGENT_KINDS, type Told } from '../../chaos/messages';
import type { Fleet } from '../../suites/fleet';
import { eventually } from '../../suites/waiting';

/** Calls of each kind of agent in a wave, and agents of each kind that make them at once. */
const CALLS = { short: 60, long: 2_000 };
const AGENTS = 4;
/** So many executions show that a wave is under way. */
const FLOWING = 10;
const FLOWS_MS = 60_000;
const SEED = 1;

export interface LoadProps {
  readonly fleet: Fleet;
  readonly bank: Bank;
  /** File of the agent process. */
  readonly program: string;
  readonly long: boolean;
  readonly signal: AbortSignal;
}

/** Agents of official SDK clients that move money, wave by wave. */
export class Load {
  /** What all of them were told. */
  readonly told: Told[] = [];
  private readonly crews: AgentProcesses[] = [];

  constructor(private readonly props: LoadProps) {
    props.signal.addEventListener('abort', () => void this.stop());
  }

  /** Agents that a wave has: one for each kind of client. */
  static agentsOf(wave: string): readonly string[] {
    return AGENT_KINDS.map((kind) => `${wave}${kind}`);
  }

  /**
   * Lets a wave begin. Resolves when its calls are being executed.
   * @param flows whether that is waited for
   * @returns by `done` what its agents were told, when they have made every call
   */
  async begin(wave: string, { flows = true } = {}): Promise<{ readonly done: Promise<readonly Told[]> }> {
    const { fleet, bank, program, long, signal } = this.props;
    signal.throwIfAborted();
    const shares = AGENT_KINDS.map(async (kind) => {
      const name = `${wave}${kind}`;
      const calls = CALLS[long ? 'long' : 'short'];
      return { name, kind, endpoint: fleet.endpoint(SERVER), token: await fleet.token(name), calls, agents: AGENTS };
    });
    const own: Told[] = [];
    const env = { ...process.env, ...trusting(fleet) };
    const crew = new AgentProcesses(
      program,
      await Promise.all(shares),
      SEED,
      (told) => {
        own.push(told);
        this.told.push(told);
      },
      env,
    );
    this.crews.push(crew);
    const done = crew.run().then(async () => {
      await crew.stop();
      return own;
    });
    done.catch(() => undefined); // whoever waits for it hears of it
    const before = bank.journal.length;
    const isFlowing = async (): Promise<boolean> => bank.journal.length >= before + FLOWING;
    if (flows) await Promise.race([eventually('calls are executed', isFlowing, FLOWS_MS), done]);
    return { done };
  }

  async stop(): Promise<void> {
    await Promise.all(this.crews.map((crew) => crew.stop()));
  }
}

function trusting({ account: { authorityFile } }: Fleet): NodeJS.ProcessEnv {
  return authorityFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: authorityFile };
}
