import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AgentSettings, Notice, Told } from './messages';

/** The agent processes. */
export class Agents {
  private readonly children: readonly ChildProcess[];

  constructor(
    program: string,
    private readonly settings: readonly AgentSettings[],
    private readonly onTold: (told: Told) => void,
  ) {
    this.children = settings.map(() => fork(program, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  }

  /** Resolves when every call has been made. @throws Error when a process fails or ends before */
  async run(): Promise<void> {
    await Promise.all(this.children.map((child, index) => this.follow(child, this.settings[index] as AgentSettings)));
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.children.map(async (child) => {
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
