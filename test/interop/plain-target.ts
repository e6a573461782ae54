import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Ports } from '../../local/processes/ports';
import { eventually } from '../suites/waiting';
import { Front } from './front';
import { Journal } from './journal';
import type { Target } from './target';

/** The server alone, started again by a supervisor when it dies. */
export async function startPlainTarget(program: string): Promise<Target> {
  const journal = await Journal.start();
  const port = await new Ports().take();
  const front = await Front.start(() => port);
  let stopped = false;
  let child: ChildProcess;
  const run = () => {
    child = spawn(process.execPath, ['index.js'], {
      cwd: program,
      env: { PATH: process.env.PATH, PORT: String(port), JOURNAL: journal.url },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.once('exit', () => {
      if (!stopped) run();
    });
  };
  run();
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/mcp`).then(
      () => true,
      () => undefined,
    );
  const whole = async () => {
    await eventually('the plain server answers', answers, 15_000);
  };
  await whole();
  return {
    url: `${front.origin}/mcp`,
    headers: {},
    front,
    journal,
    killInstance: async (pid) => {
      const exit = once(child, 'exit');
      process.kill(pid, 'SIGKILL');
      await exit;
    },
    killGateway: async () => front.resetAll(),
    whole,
    ledgerStates: async () => [],
    stop: async () => {
      stopped = true;
      front.stop();
      journal.stop();
      child.kill('SIGKILL');
    },
  };
}
