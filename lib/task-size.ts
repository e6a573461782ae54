import { Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { number, type Shape, size } from './kinds';
import type { Problem } from './problems';
import type { TaskSize } from './server-props';

/** 0.5 vCPU and 1 GiB. */
export const DEFAULT_SIZE: TaskSize = { cpu: 512, memory: Size.gibibytes(1) };

export const TASK_SIZE: Shape<TaskSize> = { cpu: number('Write it in 1/1024 of a vCPU.'), memory: size };

/** What Fargate has (ECS: "Task CPU and memory"), in GiB. */
const MEMORY_BY_CPU: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [0.5, 1, 2]],
  [512, steps(1, 4)],
  [1024, steps(2, 8)],
  [2048, steps(4, 16)],
  [4096, steps(8, 30)],
  [8192, steps(16, 60, 4)],
  [16384, steps(32, 120, 8)],
]);

export function memoryMiB({ memory }: TaskSize = DEFAULT_SIZE): number {
  return memory.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
}

/** A size that Fargate does not have is refused by ECS only, in the middle of a deployment. */
export function taskSizeProblems(what: string, size: TaskSize | undefined): Problem[] {
  if (size === undefined || Token.isUnresolved(size.cpu)) return [];
  const memories = MEMORY_BY_CPU.get(size.cpu);
  if (memories === undefined) {
    const allowed = [...MEMORY_BY_CPU.keys()].join(', ');
    return [{ what: `${what}.cpu`, got: size.cpu, allowed, fix: 'It is counted in 1/1024 of a vCPU, and Fargate has these only.' }];
  }
  if (size.memory.isUnresolved()) return [];
  const memory = memoryMiB(size) / 1024;
  if (memories.includes(memory)) return [];
  const others = [...MEMORY_BY_CPU].filter(([, had]) => had.includes(memory)).map(([cpu]) => cpu);
  const fix =
    others.length === 0 ? 'Fargate has no task of this memory: choose one of these.' : `For this memory, the cpu is ${others.join(', ')}.`;
  return [{ what: `${what}.memory`, got: size.memory, allowed: `${inWords(memories)} GiB beside a cpu of ${size.cpu}`, fix }];
}

function steps(from: number, to: number, by = 1): number[] {
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, at) => from + at * by);
}

function inWords(memories: readonly number[]): string {
  if (memories.length <= 4) return memories.join(', ');
  const [first = 0, second = 0] = memories;
  return `${first} to ${memories.at(-1)} in steps of ${second - first}`;
}
