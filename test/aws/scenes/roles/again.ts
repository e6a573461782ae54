import type { Permission } from './acme';
import type { Exercise } from './exercise';
import type { Need } from './needs';

/** Whose role it is, and the step in which its programs begin anew, with nothing remembered. */
const BEGINS: readonly (readonly [role: RegExp, step: string])[] = [
  [/Archiver/, 'the archive goes on where another archiver has left it'],
  [/Janitor/, 'the janitor ends what a gateway has left'],
  [/KeyRotation/, 'each key of the fleet is rotated'],
  [/everything/i, 'an instance of everything is replaced'],
  [/memory/i, 'an instance of memory is replaced'],
  [/payments/i, 'an instance of payments is replaced'],
  // Gateways remember what the authorizer has said.
  [/Gateway|Authorizer/, 'a gateway is replaced'],
];
/** With a new gateway, this is the first that is asked for. */
const CALL = 'a transfer with a key is made';

/** What has a permission missed where whoever has it remembers what it has got by it, or has got it at the start of the account. */
export function again({ permission: { role }, neededBy }: Need, exercises: readonly Exercise[]): readonly Exercise[] {
  const step = (name: string | undefined): Exercise | undefined => exercises.find((exercise) => exercise.name === name);
  const begins = step(BEGINS.find(([pattern]) => pattern.test(role))?.[1]);
  if (begins === undefined) return [];
  const then = step(neededBy) ?? step(CALL);
  return [
    {
      name: `${begins.name}, and ${then?.name}`,
      run: async (account) => {
        await begins.run(account);
        if (then !== begins) await then?.run(account);
      },
    },
  ];
}

/** What writes grants does it in a deployment. */
export function writesGrants({ role }: Permission): boolean {
  return role.includes('AllowlistSync');
}

/** What functions have read is remembered, by gateways or by themselves: it is of no use to do the same once more. */
export function remembers({ role }: Permission): boolean {
  return /Archiver|Janitor|Authorizer/.test(role);
}
