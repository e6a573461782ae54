import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { CommandError, EXIT } from './exit';

/**
 * Runs a program on this terminal, with its own environment. A key press such as Ctrl-C is the program's: the terminal sends it
 * the signal itself, and whoever ends this process alone ends the program with it.
 * @returns exit code, that of a shell (128 + n) after a signal
 */
export async function runWith(command: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<number> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: 'inherit', env });
  const stay = (): void => {};
  const pass = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', stay);
  process.on('SIGTERM', pass);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const exit = code === 'ENOENT' ? EXIT.NO_COMMAND : code === 'EACCES' ? EXIT.NO_PROGRAM : EXIT.ENVIRONMENT;
    throw new CommandError(exit, `${program} could not be started: ${(error as Error).message}`);
  } finally {
    process.off('SIGINT', stay);
    process.off('SIGTERM', pass);
  }
}
