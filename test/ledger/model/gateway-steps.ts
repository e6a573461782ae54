import type { Outcome } from '../../../core/outcome';
import type { WriteCondition } from '../../../ledger/protocol';
import type { Protocol } from './protocol';
import { isOver } from './surroundings';
import { type Claimant, callOf, changeCall, changeClaimant, freshFence, ownerOf, type Row, type World } from './world';
import { type Continuation, type Step, write } from './write';

/**
 * Everything that the gateway of one claimant can do next, one message at a time. Follows gateway/claim.ts, forward.ts,
 * record.ts and ledger/outcome-watch.ts. Clocks are not modelled: a lease, a deadline or anybody's patience may be taken
 * to have ended at any moment, so that no skew between clocks is left out.
 */
export function* gatewaySteps(world: World, index: number, protocol: Protocol): Generator<Step> {
  const claimant = world.claimants[index] as Claimant;
  if (claimant.at === 'ended' || claimant.at === 'crashed') return;
  yield* STEPS[claimant.at](new Turn(world, index, claimant, protocol));
}

/** The fence of the call that others find behind theirs. */
const FIRST = '0';

const FORGET = { seen: undefined, verdict: undefined };

const STEPS: Readonly<Record<Exclude<Claimant['at'], 'ended' | 'crashed'>, (turn: Turn) => Generator<Step>>> = {
  *start(turn) {
    if (!turn.protocol.keyless) return yield* turn.put('claim', turn.protocol.begin(), 'send');
    if (turn.index > 0) return yield* turn.findsBehindFence();
    yield turn.goes('raises its fence', { at: 'raised' });
    yield* turn.putOwn('rowed');
  },

  *raised(turn) {
    yield* turn.putOwn('send');
  },

  *rowed(turn) {
    yield turn.goes('raises its fence', { at: 'send' });
    yield turn.goes('is not told that its fence is up', { at: 'retract' });
  },

  *missing(turn) {
    const { fence, claimant } = turn;
    const tell = (world: World): World => turn.in(world).told('not_executed', FIRST);
    if (!turn.protocol.endsMissing) return yield [`gateway ${turn.index} runs beside it`, tell(turn.world)];
    const taken = { condition: turn.protocol.begin(), change: { state: 'not_executed', fence, digest: claimant.digest } } as const;
    yield* write(turn.world, `gateway ${turn.index}: ends what is not there yet`, taken, fence, {
      done: tell,
      refused: (world, seen) => turn.in(world).change({ at: 'watch', seen }),
      failed: (world) => turn.in(world).unavailable(),
    });
  },

  *watch(turn) {
    const { seen, digest } = turn.claimant as Claimant & { seen: Row };
    if (seen.state === 'input_required' && seen.digest === digest) {
      if (turn.protocol.keyless) yield turn.tells('nothing of it and goes on beside it', 'not_executed');
      else yield* turn.put('next round', turn.protocol.goOn(seen), 'own');
    } else if (turn.protocol.givesWay.includes(seen.state)) {
      if (turn.protocol.keyless) yield turn.tells('nothing of it and runs beside it', 'not_executed', FIRST);
      else yield* turn.put('reclaim', turn.protocol.reclaim(seen), 'own');
    } else if (turn.protocol.comparesEveryRow && seen.digest !== digest) yield turn.tells('KEY_REUSED', 'not_executed');
    else if (seen.state === 'unknown') yield turn.goes('asks again', { at: 'ask' });
    else if (seen.state === 'confirmed' || seen.state === 'failed' || seen.state === 'input_required')
      yield turn.tells('a replay', seen.state, seen.fence);
    else {
      if (seen.state === 'claimed') yield* turn.endUnsent(seen);
      yield turn.tells('IN_PROGRESS', 'unknown', seen.fence);
      const row = turn.world.row as Row;
      yield turn.goes('looks again', { at: row.state === 'sent' ? 'ask' : 'watch', seen: row });
    }
  },

  *ask(turn) {
    const seen = turn.claimant.seen as Row;
    const answer = turn.answerOf(seen.fence);
    if (answer !== undefined) yield turn.goes('is given the kept answer', { at: 'note', verdict: answer });
    if (seen.state === 'unknown') {
      // Its own attempt, which was answered so late that somebody gave it up.
      if (ownerOf(seen.fence) === turn.index) return yield* turn.endBy('retract', seen);
      yield* turn.reconcile(seen);
      // Also where it could tell: nobody reaches it now.
      return yield turn.tells('OUTCOME_UNKNOWN', 'unknown', seen.fence);
    }
    yield turn.goes('leaves it to its owner', { at: 'watch' });
    yield turn.goes('has waited long enough', { at: 'note', verdict: 'unknown' });
  },

  *note(turn) {
    const { seen, verdict } = turn.claimant as Claimant & { seen: Row; verdict: Outcome };
    const reread = (world: World): World => turn.in(world).change({ at: 'reread', verdict: undefined });
    yield* turn.advance(seen.fence, verdict, { done: reread, refused: reread, failed: (world) => turn.in(world).unavailable() });
  },

  *end(turn) {
    const { seen } = turn.claimant as Claimant & { seen: Row };
    yield* turn.endBy('notLanded', seen);
  },

  *reread(turn) {
    yield turn.goes('reads again', { at: 'watch', seen: turn.world.row });
  },

  *unheard(turn) {
    const { fence, claimant } = turn;
    const taken = { condition: turn.protocol.begin(), change: { state: 'not_executed', fence, digest: claimant.digest } } as const;
    yield* write(turn.world, `gateway ${turn.index}: takes its key for nothing`, taken, fence, {
      done: (world) => turn.in(world).unavailable(),
      refused: (world, seen) => (seen?.fence === fence ? turn.in(world).change({ at: 'retract' }) : turn.in(world).unavailable()),
      failed: (world) => turn.in(world).unavailableYet(),
    });
  },

  *retract(turn) {
    const { fence } = turn;
    const ending = { condition: turn.protocol.retract({ fence }), change: { state: 'not_executed' } as const };
    const tell = (world: World): World => turn.in(world).unavailable();
    const next = { done: tell, refused: tell, failed: (world: World) => turn.in(world).unavailableYet() };
    yield* write(turn.world, `gateway ${turn.index}: takes back its mark`, ending, fence, next);
  },

  *own(turn) {
    const release = (world: World): World => turn.in(world).change({ at: 'release' });
    const send = (world: World): World => turn.in(world).change({ at: 'send' });
    yield* turn.advance(turn.fence, 'sent', { done: send, refused: release, failed: release });
  },

  *send(turn) {
    const world = changeCall(turn.world, turn.index, { at: 'flying' });
    yield [`gateway ${turn.index} sends the request`, turn.in(world).change({ at: 'await' })];
  },

  *await(turn) {
    const { at } = turn.call;
    const answer = turn.answerOf(turn.fence);
    if (answer !== undefined) yield turn.goes('gets the answer', { at: 'settle', verdict: answer });
    if (at === 'refused') {
      yield turn.goes('is refused and tells', { at: 'release' });
      if (turn.world.faults > 0) {
        yield [
          `gateway ${turn.index} is refused and sends again`,
          turn.in({ ...turn.world, faults: turn.world.faults - 1 }).change({ at: 'send' }),
        ];
      }
    }
    // It ends before the answer comes, and says so in the row.
    const gone = (world: World): World => turn.in(world).change({ at: 'crashed' });
    yield* turn.advance(turn.fence, 'unknown', { done: gone, refused: gone, failed: gone });
    yield turn.goes('loses its connection', { at: turn.protocol.lossIsRefusal ? 'release' : 'recover' });
  },

  *recover(turn) {
    const answer = turn.answerOf(turn.fence);
    if (answer !== undefined) yield turn.goes('is given its kept answer', { at: 'settle', verdict: answer });
    if (turn.call.executed > 0) yield turn.goes('reads that its call happened', { at: 'settle', verdict: 'confirmed' });
    else if (turn.mayReadNothing(turn.fence)) yield turn.goes('reads that its call did not happen', { at: 'disown' });
    yield turn.goes('learns nothing', { at: 'settle', verdict: 'unknown' });
  },

  *disown(turn) {
    const next = (world: World): World => turn.in(world).change({ at: 'endOwn' });
    yield* turn.advance(turn.fence, 'unknown', {
      done: next,
      refused: next,
      failed: (world) => turn.in(world).told('unknown', turn.fence),
    });
  },

  *endOwn(turn) {
    const tell = (outcome: Outcome) => (world: World) => turn.in(world).told(outcome, turn.fence);
    const ending = { condition: turn.protocol.notLanded({ fence: turn.fence }), change: { state: 'not_executed' } as const };
    const next = { done: tell('not_executed'), refused: tell('unknown'), failed: tell('unknown') };
    yield* write(turn.world, `gateway ${turn.index}: ends its own call`, ending, turn.fence, next);
  },

  *settle(turn) {
    const verdict = turn.claimant.verdict as Outcome;
    const tell = (world: World): World => turn.in(world).told(verdict, turn.fence);
    yield* turn.advance(turn.fence, verdict, { done: tell, refused: tell, failed: tell });
  },

  *release(turn) {
    const tell = (world: World): World => turn.in(world).told('not_executed', turn.fence);
    yield* turn.advance(turn.fence, 'not_executed', { done: tell, refused: tell, failed: tell });
  },
};

/** One claimant's view of a world. */
class Turn {
  constructor(
    readonly world: World,
    readonly index: number,
    readonly claimant: Claimant,
    readonly protocol: Protocol,
  ) {}

  get fence(): string {
    return this.claimant.fence;
  }

  get call(): World['calls'][number] {
    return this.world.calls[this.index] as World['calls'][number];
  }

  in(world: World): Turn {
    return new Turn(world, this.index, this.claimant, this.protocol);
  }

  change(change: Partial<Claimant>): World {
    return changeClaimant(this.world, this.index, change);
  }

  told(outcome: Outcome, of: string): World {
    return this.change({ at: 'ended', ...FORGET, told: { outcome, of } });
  }

  /** LEDGER_UNAVAILABLE, before anything of its own was sent. */
  unavailable(): World {
    return this.told('not_executed', this.fence);
  }

  /** The same, and its write is kept until it is done. */
  unavailableYet(): World {
    return this.change({ at: 'unheard', told: { outcome: 'not_executed', of: this.fence } });
  }

  goes(how: string, change: Partial<Claimant>): Step {
    return [`gateway ${this.index} ${how}`, this.change(change)];
  }

  tells(what: string, outcome: Outcome, of = this.fence): Step {
    return [`gateway ${this.index} tells ${what}`, this.told(outcome, of)];
  }

  /** What the instance of a call can answer, as long as it lives and remembers. */
  answerOf(fence: string): Outcome | undefined {
    const { at, said } = callOf(this.world, fence);
    return at === 'answered' ? said : undefined;
  }

  renewed(): World {
    return this.protocol.freshFences ? this.change({ fence: freshFence(this.world, this.index) }) : this.world;
  }

  /** Whoever comes without a key while an identical call is behind the fence, its row written or not. */
  *findsBehindFence(): Generator<Step> {
    const { row, claimants } = this.world;
    if (claimants[0]?.at === 'start' || claimants[0]?.at === 'rowed') return;
    yield this.goes('finds it behind the fence', row === undefined ? { at: 'missing' } : { at: 'watch', seen: row });
  }

  /** Writes the row of a call without a key, while its fence is raised; refused, it has been ended before it was there. */
  *putOwn(next: 'rowed' | 'send'): Generator<Step> {
    const { fence, claimant, index } = this;
    const own = { condition: this.protocol.begin(), change: { state: 'sent', fence, digest: claimant.digest } } as const;
    yield* write(this.world, `gateway ${index}: its row`, own, fence, {
      done: (world) => this.in(world).change({ at: next }),
      refused: (world) => this.in(world).unavailable(),
      failed: (world) => this.in(world).change({ at: 'unheard' }),
    });
  }

  /** Claims the key. What has nothing to wait for is written as sent; the next attempt has a fence of its own. */
  *put(name: string, condition: WriteCondition, next: 'own' | 'send'): Generator<Step> {
    const { fence, claimant, index } = this;
    const state = next === 'send' ? 'sent' : 'claimed';
    yield* write(this.world, `gateway ${index}: ${name}`, { condition, change: { state, fence, digest: claimant.digest } }, fence, {
      done: (world) => this.in(world).change({ at: next, ...FORGET }),
      refused: (world, seen) =>
        seen !== undefined && claimant.at === 'start' && seen.digest !== claimant.digest && !this.protocol.givesWay.includes(seen.state)
          ? this.in(world).told('not_executed', fence) // KEY_REUSED
          : this.in(this.in(world).change({ at: 'watch', seen })).renewed(),
      failed: (world) => (next === 'send' ? this.in(world).change({ at: 'unheard', ...FORGET }) : this.in(world).unavailable()),
    });
  }

  /**
   * Reads behind the server what became of the call: that it happened counts at any time, that it did not only when nothing
   * of it is on its way or runs any more.
   */
  *reconcile(seen: Row): Generator<Step> {
    const { executed } = callOf(this.world, seen.fence);
    if (executed > 0) yield this.goes('reads that it happened', { at: 'note', verdict: 'confirmed' });
    else if (this.mayReadNothing(seen.fence)) yield this.goes('reads that it did not happen', { at: 'end' });
  }

  mayReadNothing(fence: string): boolean {
    return this.protocol.hastyRead || isOver(this.world, { fence });
  }

  /** Ends the claim of a call of which nothing was sent: its gateway is dead, or too slow. */
  endUnsent(seen: Row): Generator<Step> {
    return this.endBy('endUnsent', seen);
  }

  /** Ends a call as not executed, by one of two writes. */
  *endBy(by: 'endUnsent' | 'notLanded' | 'retract', seen: Row): Generator<Step> {
    const change = { state: 'not_executed' } as const;
    const reread = (world: World): World => this.in(world).change({ at: 'reread' });
    yield* write(this.world, `gateway ${this.index}: ends call ${seen.fence}`, { condition: this.protocol[by](seen), change }, seen.fence, {
      done: reread,
      refused: reread,
      failed: (world) => this.in(world).unavailable(),
    });
  }

  /** Moves the row of a call on. */
  *advance(fence: string, state: Row['state'], next: Continuation): Generator<Step> {
    const condition = this.protocol.advance({ fence }, state);
    yield* write(this.world, `gateway ${this.index}: ${state} of call ${fence}`, { condition, change: { state } }, fence, next);
  }
}
