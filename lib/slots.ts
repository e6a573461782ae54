import { Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import type { Problem } from './problems';
import type { AddServerProps } from './server-props';
import type { StdioRuntimeProps } from './server-runtime';
import { memoryMiB } from './task-size';

const DEFAULT_HTTP_SLOTS = 100;
/** A Node child with one MCP server in it, and what the sidecar itself needs. */
const DEFAULT_CHILD = Size.mebibytes(80);
const SIDECAR_MIB = 256;

/** Most slots in use at once on one instance of a server. */
export function slotsOf({ runtime, sessions, taskSize }: AddServerProps): number {
  const spec = runtime._spec;
  return sessions?.perInstance ?? (spec.kind === 'stdio' ? childrenIn(memoryMiB(taskSize), spec) : DEFAULT_HTTP_SLOTS);
}

/** Each session of a stdio server is a child: more of them than the memory holds would all be killed with their task. */
export function childProblems({ runtime, sessions, taskSize }: AddServerProps): Problem[] {
  const spec = runtime._spec;
  if (spec.kind !== 'stdio') return [];
  const what = 'sessions.perInstance';
  const perInstance = sessions?.perInstance;
  if (taskSize?.memory.isUnresolved() || spec.childMemory?.isUnresolved()) {
    if (perInstance !== undefined) return [];
    const fix = 'Write how many children the task has room for.';
    return [{ what, got: perInstance, allowed: 'a number beside a memory that only deployment knows', fix }];
  }
  const memory = memoryMiB(taskSize);
  const child = childMiB(spec);
  const room = childrenIn(memory, spec);
  if (Token.isUnresolved(perInstance) || (perInstance ?? 1) <= room) return [];
  const allowed = `at most ${room}, for each session is a child of ${child} MiB, and ${SIDECAR_MIB} of the task's ${memory} MiB are the sidecar's`;
  const needed = SIDECAR_MIB + (perInstance ?? 1) * child;
  const fix = `Lower it, give the task ${needed} MiB (taskSize), or say what a child really needs (childMemory of ServerRuntime.stdio).`;
  return [{ what, got: perInstance ?? 1, allowed, fix }];
}

function childrenIn(memory: number, spec: StdioRuntimeProps): number {
  return Math.max(0, Math.floor((memory - SIDECAR_MIB) / childMiB(spec)));
}

function childMiB({ childMemory = DEFAULT_CHILD }: StdioRuntimeProps): number {
  return childMemory.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
}
