import { eventually } from '../../../suites/waiting';
import type { Acme } from './acme';
import type { Exercise } from './exercise';
import type { Need } from './needs';

/** What is done without a permission until it is missed, at most, in milliseconds. */
const MISSED_MS = 20_000;

/** How it showed that a permission is gone. */
export type Missed = 'fails' | 'refused';

/**
 * Takes a permission from the template while the fleet runs, and does what needed it: either that fails, or the account tells that its role
 * was refused. @throws Error where nothing has missed it
 */
export async function missedWithout({ permission }: Need, exercise: Exercise, acme: Acme): Promise<Missed> {
  const { account } = acme;
  const refusals = async (): Promise<number> => {
    const { refused } = await account.permissions();
    const own = refused.filter(({ who, action }) => who.endsWith(`/${permission.role}`) && covers(permission.action, action));
    return own.reduce((sum, { times }) => sum + times, 0);
  };
  return await acme.without(permission, async () => {
    const before = await refusals();
    const isRefused = async (): Promise<boolean> => (await refusals()) > before;
    const run = exercise.run(account).then(
      () => 'done' as const,
      () => 'fails' as const,
    );
    const refused = eventually('it is missed', isRefused, MISSED_MS).then(
      () => 'refused' as const,
      () => 'silence' as const,
    );
    const [outcome, told] = [await Promise.race([run, refused]), refused];
    if (outcome === 'fails' || outcome === 'refused') return outcome;
    if ((await told) === 'refused') return 'refused';
    if ((await run) === 'fails') return 'fails';
    throw new Error(`"${exercise.name}" comes about without ${permission.action} of ${permission.role}, and nothing was refused`);
  });
}

function covers(pattern: string, action: string): boolean {
  return pattern === action || (pattern.endsWith('*') && action.startsWith(pattern.slice(0, -1)));
}
