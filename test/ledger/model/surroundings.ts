import { permits, RESOLUTIONS, type Resolution } from '../../../ledger/protocol';
import type { Protocol } from './protocol';
import { type Call, callOf, changeCall, changeClaimant, ownerOf, type Position, type Row, type World } from './world';
import { type Continuation, type Step, write } from './write';

/** Everything that the network, the server and its instance can do with one call. */
export function* serverSteps(world: World, index: number): Generator<Step> {
  const call = world.calls[index] as Call;
  const to = (what: string, change: Partial<Call>): Step => [`call ${index} ${what}`, changeCall(world, index, change)];
  switch (call.at) {
    case 'flying':
      yield to('arrives', { at: 'running' });
      yield to('is refused: nothing is executed', { at: 'refused' });
      break;
    case 'running':
      yield to('is executed', { at: 'effected', executed: call.executed + 1 });
      yield to('fails without effect', { at: 'answered', said: 'failed' });
      yield to('is answered by a question', { at: 'answered', said: 'input_required' });
      break;
    case 'effected':
      yield to('is answered', { at: 'answered', said: 'confirmed' });
      yield to('is answered by an error', { at: 'answered', said: 'failed' });
      break;
    default:
  }
}

/**
 * Deaths that a person can see. Without a person they are no steps: who dies, and what is lost on the way, merely makes no
 * further step, and a history that stops anywhere is visited as the beginning of a longer one.
 */
export function* deaths(world: World): Generator<Step> {
  for (const [index, { at }] of world.claimants.entries()) {
    if (SENDING.includes(at)) yield [`gateway ${index} dies at "${at}"`, changeClaimant(world, index, { at: 'crashed' })];
  }
  for (const [index, { at }] of world.calls.entries()) {
    if (UNDER_WAY.includes(at)) yield [`call ${index} is lost at "${at}"`, changeCall(world, index, { at: 'gone' })];
  }
}

/** `deliverBy` counts from the moment in the row: also who still waits for his fence, or behind it, sends nothing after that. */
const SENDING: readonly Position[] = ['rowed', 'send', 'await'];
const UNDER_WAY: readonly Call['at'][] = ['flying', 'running', 'effected'];

const GOES_HOME: Continuation = { done: (world) => world, refused: (world) => world, failed: (world) => world };

/**
 * The janitor ends a claim that it takes for abandoned, whoever still lives: a lease may be taken to have ended at any moment.
 * Follows lambda/abandoned-claims.ts.
 */
export function* janitorSteps(world: World, protocol: Protocol): Generator<Step> {
  const { row } = world;
  if (row?.state === 'claimed') {
    const ending = { condition: protocol.endUnsent(row), change: { state: 'not_executed' } as const };
    yield* write(world, `the janitor ends call ${row.fence}`, ending, row.fence, GOES_HOME);
  }
  if (row?.state === 'sent') {
    const ending = { condition: protocol.advance(row, 'unknown'), change: { state: 'unknown' } as const };
    yield* write(world, `the janitor gives up call ${row.fence}`, ending, row.fence, GOES_HOME);
  }
}

/** A person settles an unknown outcome, truthfully, when its owner has given up and nothing is on the way any more. */
export function* personSteps(world: World, protocol: Protocol): Generator<Step> {
  const { row } = world;
  if (row === undefined || row.state !== 'unknown') return;
  const condition = protocol.resolve(row);
  if (!permits(condition, row)) return;
  for (const state of RESOLUTIONS) {
    if (seenBy(world, row, protocol) === state)
      yield [`a person resolves call ${row.fence}: ${state}`, { ...world, row: { ...row, state } }];
  }
}

/** Whether nothing of a call can be on its way, or run, any more. */
export function isOver(world: World, { fence }: Pick<Row, 'fence'>): boolean {
  const owner = world.claimants[ownerOf(fence)];
  return !UNDER_WAY.includes(callOf(world, fence).at) && !(owner?.fence === fence && SENDING.includes(owner.at));
}

function seenBy(world: World, row: Row, { hastyPerson }: Protocol): Resolution | undefined {
  const { executed, said } = callOf(world, row.fence);
  if (!isOver(world, row) && !hastyPerson) return undefined;
  if (executed === 0) return said === 'failed' ? 'failed' : 'not_executed';
  return said === 'failed' ? 'failed' : 'confirmed';
}
