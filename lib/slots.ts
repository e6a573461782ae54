import { Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import type { ChildBounds } from '../core/fleet-config';
import type { Problem } from './problems';
import type { AddServerProps, TaskSize } from './server-props';
import type { StdioRuntimeProps } from './server-runtime';
import { memoryMiB } from './task-size';

const DEFAULT_HTTP_SLOTS = 100;
/** A Node child with one MCP server in it, and what the sidecar itself needs. */
const DEFAULT_CHILD = Size.mebibytes(80);
/** A browser that a server drives has some hundred. */
const DEFAULT_CHILD_PROCESSES = 512;
/** Memory of a task that is its sidecar's, in MiB. */
export const SIDECAR_MIB = 256;

/** Most slots in use at once on one instance of a server. */
export function slotsOf({ runtime, sessions, taskSize }: AddServerProps): number {
  const spec = runtime._spec;
  return sessions?.perInstance ?? (spec.kind === 'stdio' ? childrenIn(memoryMiB(taskSize), spec) : DEFAULT_HTTP_SLOTS);
}

/** What one child may take at most: of memory that only deployment knows no more than that. */
export function childBounds(
  { childProcesses = DEFAULT_CHILD_PROCESSES, childMemoryLimit }: StdioRuntimeProps,
  taskSize?: TaskSize,
): ChildBounds {
  const limit = childMemoryLimit ?? (taskSize?.memory.isUnresolved() ? undefined : Size.mebibytes(memoryMiB(taskSize) - SIDECAR_MIB));
  return { tasks: childProcesses, ...(limit !== undefined && { memoryMiB: limit.toMebibytes({ rounding: SizeRoundingBehavior.NONE }) }) };
}

/** What is wrong with how much shall have room on an instance. */
export function slotProblems(props: AddServerProps): Problem[] {
  const children = childProblems(props);
  return children.length > 0 ? children : warmProblems(props);
}

/** Each session of a stdio server is a child: more of them than the memory holds would all be killed with their task. */
function childProblems({ runtime, sessions, taskSize }: AddServerProps): Problem[] {
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

/** What is kept ready has the room of an instance together with what is in use. */
function warmProblems(props: AddServerProps): Problem[] {
  const { warm, perInstance } = props.sessions ?? {};
  if (warm === undefined || Token.isUnresolved(warm) || Token.isUnresolved(perInstance)) return [];
  const slots = slotsOf(props);
  if (warm <= slots) return [];
  const allowed = `at most ${slots}, as many as an instance has slots`;
  return [{ what: 'sessions.warm', got: warm, allowed, fix: 'Lower it, or raise sessions.perInstance.' }];
}

function childrenIn(memory: number, spec: StdioRuntimeProps): number {
  return Math.max(0, Math.floor((memory - SIDECAR_MIB) / childMiB(spec)));
}

function childMiB({ childMemory = DEFAULT_CHILD }: StdioRuntimeProps): number {
  return childMemory.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
}
