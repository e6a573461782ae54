import { OWN_INITIALIZE } from '../core/own-initialize';
import type { Budget } from './budget';
import { Child, type ChildCommand } from './child';
import type { Clock } from './clock';
import type { Limits } from './limits';
import type { Logger } from './log';

/** Id that nobody else asks with. */
const ID = 'first-child';
const INITIALIZE = JSON.stringify({ jsonrpc: '2.0', id: ID, method: 'initialize', params: OWN_INITIALIZE });

/**
 * Starts a stdio server once before there is a session, and ends it: whether it answers `initialize` at all. Where it ends instead, its
 * last words are in the log.
 */
export async function answersAtAll(command: ChildCommand, budget: Budget, clock: Clock, limits: Limits, log: Logger): Promise<boolean> {
  return await new Promise((resolve) => {
    const giveUp = clock.after(limits.initialize, () => end(false));
    const end = (answers: boolean): void => {
      giveUp();
      if (answers) child.vouch();
      child.stop();
      resolve(answers);
    };
    const room = () => budget.open(ID);
    const child: Child = new Child(
      command,
      {
        onStarted: () => child.send(INITIALIZE),
        onLine: (line) => {
          if (isAnswer(line)) end(true);
        },
        onOverlong: () => {},
        onOverlongEnd: () => {},
        onEnd: () => end(false),
        onGone: () => {},
      },
      { input: room(), output: room(), diagnostics: room() },
      clock,
      limits,
      log,
    );
  });
}

/** An error is an answer, too: whoever writes one runs. */
function isAnswer(line: string): boolean {
  try {
    return (JSON.parse(line) as { id?: unknown } | null)?.id === ID;
  } catch {
    return false;
  }
}
