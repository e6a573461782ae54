import { type Claimant, callOf, ownerOf, type Row, type World } from './world';

/** What must hold at every moment of every history; the sentence that does not, or undefined. */
export function violation(world: World): string | undefined {
  const { row, calls, claimants } = world;
  const executions = calls.reduce((sum, { executed }) => sum + executed, 0);
  if (executions > 1) return 'one key was executed twice';
  if (row !== undefined) {
    const lie = lieOfRow(row, world, executions);
    if (lie !== undefined) return lie;
  }
  for (const claimant of claimants) {
    const lie = lieTo(claimant, world);
    if (lie !== undefined) return lie;
  }
  return undefined;
}

function lieOfRow({ state, fence }: Row, world: World, executions: number): string | undefined {
  const { executed, said } = callOf(world, fence);
  if (state === 'confirmed' && executed === 0) return 'a row is confirmed and nothing was executed';
  if (state === 'failed' && said !== 'failed') return 'a row is failed and the server did not say so';
  if (state === 'input_required' && said !== 'input_required') return 'a row says that input was asked for and the server did not ask';
  if (state === 'not_executed' && executions > 0) return 'a row is not_executed and something was executed';
  if (state === 'claimed' && executions > 0) return 'a row says that nothing was sent and something was executed';
  return undefined;
}

function lieTo({ told, digest }: Claimant, world: World): string | undefined {
  if (told === undefined) return undefined;
  const { executed, said } = callOf(world, told.of);
  if (told.outcome === 'not_executed') {
    return executed > 0 ? 'a call was executed that somebody knew not to be' : undefined;
  }
  if (told.outcome === 'unknown') return undefined;
  if (world.claimants[ownerOf(told.of)]?.digest !== digest) return 'an agent was given the outcome of other arguments';
  if (told.outcome === 'input_required')
    return said === 'input_required' ? undefined : 'an agent was asked for input and the server did not ask';
  if (told.outcome === 'failed') return said === 'failed' ? undefined : 'an agent was told failed and the server did not say so';
  // An effect that a read has shown is one, also where the server's own answer was an error.
  return executed === 0 ? 'an agent was told confirmed and nothing was executed' : undefined;
}
