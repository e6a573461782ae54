import type { LocalAccount } from '../../../../local/local-account';
import { NEVER_SEEN } from '../../../suites/never-seen';
import type { Permission } from './acme';
import { type Exercise, isSame } from './exercise';

/** Which exercise needs a permission first; `start` is the start of the whole account. */
export interface Need {
  readonly permission: Permission;
  readonly neededBy: string;
}

/** Runs each exercise once, and notes what it is the first to use. @param run a step of the scene */
export async function needsOf(
  account: LocalAccount,
  exercises: readonly Exercise[],
  run: (name: string, work: () => Promise<void>) => Promise<void>,
): Promise<{ readonly needs: readonly Need[]; readonly unused: readonly Permission[] }> {
  const needs: Need[] = [];
  const note = async (neededBy: string): Promise<readonly Permission[]> => {
    const { permissions } = await account.permissions();
    const isNoted = (row: Permission): boolean => needs.some(({ permission }) => isSame(permission, row));
    needs.push(...permissions.filter((row) => row.used > 0 && !isNoted(row)).map((permission) => ({ permission, neededBy })));
    return permissions.filter((row) => row.used === 0);
  };
  let unused = await note('start');
  for (const { name, run: exercise } of exercises) {
    await run(name, () => exercise(account));
    unused = await note(name);
  }
  return { needs, unused };
}

/** Why nothing here can use it; undefined where something should. */
export function whyNeverSeen(permission: Permission): string | undefined {
  const { role, action } = permission;
  if (isForOtherStacks(permission))
    return 'servers in stacks of their own need it; this example has none (test/local/listed-servers.long.test.ts)';
  return NEVER_SEEN.find((never) => never.action === action && (never.role === undefined || role.includes(never.role)))?.why;
}

/** The list of such servers, and secrets of the fleet that are told by their tag alone. */
function isForOtherStacks({ role, action, resources }: Permission): boolean {
  if (role.includes('AllowlistSync')) return ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'].includes(action);
  return action.startsWith('secretsmanager:') && resources.every((resource) => /(:secret:|^)\*$/.test(resource));
}

export function nameOf({ role, policy, statement, action }: Permission): string {
  return `${role} ${action} (${policy}#${statement})`;
}
