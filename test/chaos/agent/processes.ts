import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Crew, Share } from '../crew';
import type { AgentKind, AgentSettings, Notice, Told } from '../messages';

/** Agents in each process, each with a call under way. */
const AGENTS = 16;

/** What one process has of the calls. */
export interface AgentShare extends Share {
  readonly kind: AgentKind;
  /** At once. @default 16 */
  readonly agents?: number;
}

/** One process of agents for each kind of client. */
export class AgentProcesses implements Crew {
  private readonly children: readonly { readonly child: ChildProcess; readonly settings: AgentSettings }[];

  constructor(
    program: string,
    shares: readonly AgentShare[],
    seed: number,
    private readonly onTold: (told: Told) => void,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.children = shares.map((share) => ({
      child: fork(program, { execArgv: [], env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
      settings: { agents: AGENTS, ...share, seed },
    }));
  }

  /** @throws Error when a process fails or ends before */
  async run(): Promise<void> {
    await Promise.all(this.children.map(({ child, settings }) => this.follow(child, settings)));
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.children.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }),
    );
  }

  private follow(child: ChildProcess, settings: AgentSettings): Promise<void> {
    return new Promise((resolve, reject) => {
      child.on('message', (notice: Notice) => {
        if (notice.kind === 'told') this.onTold(notice.told);
        else if (notice.kind === 'done') resolve();
        else reject(new Error(`agents ${settings.name}: ${notice.message}`));
      });
      child.once('exit', (code, signal) => reject(new Error(`agents ${settings.name} ended with ${code ?? signal}`)));
      child.send(settings);
    });
  }
}
