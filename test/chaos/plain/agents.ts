import { ClientProcess } from '../../interop/client-process';
import { clientOf, clientPackages } from '../../interop/clients';
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
  private readonly onTold: (told: Told) => void;
  private readonly agents: readonly { readonly agent: PlainAgent; readonly next: Next }[];

  constructor(shares: readonly (Share & { readonly name: PlainKind })[], { seed, scratch, onTold }: PlainAgentsProps) {
    const packages = clientPackages();
    this.onTold = onTold;
    this.agents = shares.flatMap((share) => {
      const next = counter(share.calls);
      const start = (): Promise<ClientProcess> =>
        ClientProcess.start(clientOf(share.name, packages), packages.drivers, scratch, CLIENT_TIMEOUT_MS);
      return Array.from({ length: AGENTS }, () => ({ agent: new PlainAgent(start, share, seed), next }));
    });
  }

  async run(): Promise<void> {
    await Promise.all(this.agents.map(({ agent, next }) => agent.work(next, this.onTold)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.agents.map(({ agent }) => agent.close()));
  }
}

/** Number of the next call; undefined when there is none left. */
type Next = () => number | undefined;

function counter(calls: number): Next {
  let begun = 0;
  return () => (begun < calls ? begun++ : undefined);
}
