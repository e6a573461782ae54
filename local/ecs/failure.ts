import { stripVTControlCharacters } from 'node:util';
import type { TargetGroup } from '../alb/target-group';
import type { Exit } from '../processes/program';
import type { Container } from './container';

/** Why a task does not do what it should. */
export interface Failure {
  /** With the container before it a sentence, such as `exited with code 1`. */
  readonly what: string;
  /** The one that failed, or else whose words may tell why; absent where no program is to blame. */
  readonly container?: Container;
  /** Where the container's process has ended. */
  readonly exit?: Exit;
}

interface Ailing {
  readonly id: string;
  readonly containers: readonly Container[];
}

/** Of the health of a task, as far as it is told for people. */
export function lastAnswerOf({ id, containers }: Ailing, groups: readonly TargetGroup[]): string {
  const answers = groups.map((group) => group.lastAnswer(id)).filter((answer) => answer !== undefined);
  if (answers.length > 0) return answers.join(', ');
  const unproven = containers.find(({ health }) => health.checked && health.status !== 'HEALTHY');
  return unproven?.health.lastAnswer?.said ?? 'it has not answered yet';
}

/** Whose words may tell what is wrong with a task: the server's rather than those of what stands beside it. */
export function speakerOf({ containers }: Ailing): Container {
  const said = containers.filter(({ log }) => log.tail().length > 0);
  return said.find(({ definition }) => definition.role === 'server') ?? said[0] ?? (containers[0] as Container);
}

/** For an error message: with the last lines of the container's log. */
export function failureText({ container, what }: Failure): string {
  if (container === undefined) return what;
  return [`container ${container.name} ${what}; the end of its log (${container.log.path}):`, ...indented(container)].join('\n');
}

/** What all containers of a task have written last, for an error message. */
export function tailsOf({ containers }: Ailing): readonly string[] {
  return containers.flatMap((container) => [`  log of ${container.name} (${container.log.path}):`, ...indented(container)]);
}

function indented({ log }: Container): readonly string[] {
  return log.tail().map((line) => `    ${stripVTControlCharacters(line)}`);
}
