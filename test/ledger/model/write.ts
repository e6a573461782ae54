import { isWritten, permits, type WriteCondition } from '../../../ledger/protocol';
import type { Row, World, Write } from './world';

/** One possible next moment, and what happened on the way to it. */
export type Step = readonly [happening: string, world: World];

/** How a gateway goes on after a write. */
export interface Continuation {
  done(world: World): World;
  /** The condition did not hold. */
  refused(world: World, standing: Row | undefined): World;
  /** No answer came, and the SDK gave up: LEDGER_UNAVAILABLE. */
  failed(world: World): World;
}

/**
 * Everything that can become of a conditional write: it is done and answered; its answer is lost and the SDK sends it
 * again, maybe much later; it fails for its writer and arrives later, or never; or a second copy arrives later.
 * @param fence of the writer, by which it knows its own write again
 */
export function* write(world: World, name: string, { condition, change }: Write, fence: string, next: Continuation): Generator<Step> {
  const done = permits(condition, world.row);
  const after = done ? land(world, { condition, change }) : world;
  if (done || isWritten(world.row, fence, change.state)) yield [name, next.done(after)];
  else yield [`${name} (refused)`, next.refused(world, world.row)];

  if (world.faults === 0) return;
  const faulty = { ...world, faults: world.faults - 1 };
  const late = [...world.late, { condition, change }];
  yield [`${name} (fails, may arrive late)`, next.failed({ ...faulty, late })];
  if (!done) return;
  yield [`${name} (answer lost, will be sent again)`, { ...faulty, row: after.row }];
  yield [`${name} (a second copy may arrive late)`, next.done({ ...faulty, row: after.row, late })];
}

/** A late write arrives. */
export function* arrivals(world: World): Generator<Step> {
  for (const [index, each] of world.late.entries()) {
    const rest = { ...world, late: world.late.filter((_, at) => at !== index) };
    if (permits(each.condition, world.row)) yield [`a late write arrives: ${each.change.state}`, land(rest, each)];
  }
}

function land(world: World, { change }: { condition: WriteCondition; change: Write['change'] }): World {
  return { ...world, row: { ...(world.row as Row), ...change } };
}
