import { setTimeout as delay } from 'node:timers/promises';
import { matches } from '../../../../local/iam/pattern';
import type { LocalAccount } from '../../../../local/local-account';
import type { Acme, Permission } from './acme';
import { again, remembers, writesGrants } from './again';
import type { Exercise } from './exercise';
import type { Need } from './needs';

/** What is done without a permission takes so long at most, and what it has caused may be missed so much later; in milliseconds. */
const TRIED_MS = 40_000;
const LATER_MS = 8_000;
const LOOK_MS = 100;

/** How it showed that a permission is gone. */
export type Missed = 'fails' | 'refused';

/**
 * Takes a permission from the template while the fleet runs, and does what needed it: the account tells that its role was refused what the
 * statement let it do; or it fails, and does not any more with the permission. What is remembered by a program is done again by another one.
 * @throws Error where nothing has missed it
 */
export async function missedWithout(need: Need, exercises: readonly Exercise[], acme: Acme): Promise<Missed> {
  const { permission, neededBy } = need;
  const refusals = await Refusals.of(permission, acme.account);
  const first = remembers(permission) ? undefined : exercises.find(({ name }) => name === neededBy);
  const tries = [...(first ? [first] : []), ...again(need, exercises)];
  const withGrants = writesGrants(permission);
  let failed: Exercise | undefined;
  const missed = await acme.without(permission, { withGrants }, async (deployed) => {
    if (await refusals.isOne()) return 'refused';
    if (deployed === 'fails') return 'fails';
    for (const exercise of tries) {
      const outcome = await tried(exercise, acme, refusals);
      if (outcome === 'fails') failed = exercise;
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  });
  if (missed === undefined) throw new Error(`"${neededBy}" comes about without it, and nothing was refused`);
  if (failed !== undefined) await failed.run(acme.account);
  return missed;
}

/** @returns undefined where it has come about, and nothing was refused in all the time */
async function tried(exercise: Exercise, acme: Acme, refusals: Refusals): Promise<Missed | undefined> {
  const state: { over?: 'done' | 'fails'; end: number } = { end: Date.now() + TRIED_MS };
  const end = (over: 'done' | 'fails') => (): void => {
    state.over = over;
    state.end = Math.min(state.end, Date.now() + LATER_MS);
  };
  acme.leave(exercise.run(acme.account).then(end('done'), end('fails')));
  do {
    if (await refusals.isOne()) return 'refused';
    await delay(LOOK_MS);
  } while (Date.now() < state.end);
  return state.over === 'fails' ? 'fails' : undefined;
}

/** What a role was refused of what one of its permissions let it do, since this was made. */
class Refusals {
  private before = 0;

  private constructor(
    private readonly account: LocalAccount,
    private readonly permission: Permission,
  ) {}

  static async of(permission: Permission, account: LocalAccount): Promise<Refusals> {
    const refusals = new Refusals(account, permission);
    refusals.before = await refusals.count();
    return refusals;
  }

  async isOne(): Promise<boolean> {
    return (await this.count()) > this.before;
  }

  private async count(): Promise<number> {
    const { role, action: pattern, resources } = this.permission;
    const { refused } = await this.account.permissions();
    const own = refused.filter(
      ({ who, action, resource }) =>
        who.endsWith(`/${role}`) && covers(pattern, action) && resources.some((one) => matches(one, resource, new Map())),
    );
    return own.reduce((sum, { times }) => sum + times, 0);
  }
}

function covers(pattern: string, action: string): boolean {
  return pattern === action || (pattern.endsWith('*') && action.startsWith(pattern.slice(0, -1)));
}
