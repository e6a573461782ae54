import { ClientProcess } from '../../interop/client-process';
import { clientOf } from '../../interop/clients';
import { layBeside, packageCache } from '../../interop/package-cache';
import type { Crew, Share } from '../crew';
import type { Told } from '../messages';
import { PlainAgent } from './agent';

/** Clients without anything of ours; `mastra` replays lost calls by itself. */
export const PLAIN_KINDS = ['v1', 'v2', 'mastra'] as const;
export type PlainKind = (typeof PLAIN_KINDS)[number];

/** Agents of each kind, each with a client in a process of its own and a call under way. */
const AGENTS = 5;
/** What clients are told to wait for a call, in milliseconds. */
const CLIENT_TIMEOUT_MS = 10_000;

export interface PlainAgentsProps {
  readonly seed: number;
  readonly scratch: string;
  readonly onTold: (told: Told) => void;
}

/** Agents that know nothing of keys: what fails they do again. */
export class PlainAgents implements Crew {
  private constructor(
    private readonly agents: readonly { readonly agent: PlainAgent; readonly process: ClientProcess; readonly next: Next }[],
    private readonly props: PlainAgentsProps,
  ) {}

  static async start(shares: readonly (Share & { readonly name: PlainKind })[], props: PlainAgentsProps): Promise<PlainAgents> {
    const cache = packageCache('clients');
    const folder = layBeside(cache, 'clients');
    const agents = shares.flatMap((share) => {
      const next = counter(share.calls);
      return Array.from({ length: AGENTS }, async () => {
        const process = await ClientProcess.start(clientOf(share.name, cache), folder, props.scratch, CLIENT_TIMEOUT_MS);
        return { agent: new PlainAgent(process, share, props.seed), process, next };
      });
    });
    return new PlainAgents(await Promise.all(agents), props);
  }

  async run(): Promise<void> {
    await Promise.all(this.agents.map(({ agent, next }) => agent.work(next, this.props.onTold)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.agents.map(({ process }) => process.close()));
  }
}

/** Number of the next call; undefined when there is none left. */
type Next = () => number | undefined;

function counter(calls: number): Next {
  let begun = 0;
  return () => (begun < calls ? begun++ : undefined);
}
