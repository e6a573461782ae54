import { type AttachedAccount, attach } from '../local/control-client';
import { trustAuthority } from '../local/tls/trust';
import { CommandError, EXIT } from './exit';
import { choice } from './program';

/** The account that runs in this folder or above it; its `tables`, `servers` and `agents` are those of the chosen fleet. */
export async function attachHere(): Promise<AttachedAccount> {
  const { pid, fleet: chosen } = choice();
  const account = await attach(process.cwd(), pid);
  trustAuthority(account.authorityFile);
  if (chosen === undefined) return account;
  const fleet = account.fleets.find(({ name }) => name === chosen);
  if (fleet === undefined) {
    const names = account.fleets.map(({ name }) => name).join(', ');
    throw new CommandError(EXIT.USAGE, `No fleet "${chosen}" runs in this account; it has ${names}.`);
  }
  return { ...account, ...fleet, fleet: fleet.name, token: (agent, options) => account.token(`${fleet.name}/${agent}`, options) };
}

/** The fleets of an account that a command is about: the chosen one, else all. */
export function chosenOf<Fleet extends { readonly fleet: string }>(fleets: readonly Fleet[]): readonly Fleet[] {
  const { fleet: chosen } = choice();
  return chosen === undefined ? fleets : fleets.filter(({ fleet }) => fleet === chosen);
}
