import { type AttachedAccount, attach } from '../local/control-client';
import { CommandError, EXIT } from './exit';

/** Which account, and which fleet of it, a command asks. */
export interface Choice {
  readonly pid?: number;
  readonly fleet?: string;
}

let choice: Choice = {};

/** What was said on the command line, before any command runs. */
export function choose(given: Choice): void {
  choice = given;
}

/** The account that runs in this folder or above it; its `tables`, `servers` and `agents` are those of the chosen fleet. */
export async function attachHere(): Promise<AttachedAccount> {
  const account = await attach(process.cwd(), choice.pid);
  if (choice.fleet === undefined) return account;
  const fleet = account.fleets.find(({ name }) => name === choice.fleet);
  if (fleet === undefined) {
    const names = account.fleets.map(({ name }) => name).join(', ');
    throw new CommandError(EXIT.USAGE, `No fleet "${choice.fleet}" runs in this account; it has ${names}.`);
  }
  return { ...account, ...fleet, fleet: fleet.name, token: (agent, options) => account.token(`${fleet.name}/${agent}`, options) };
}

/** The fleets of an account that a command is about: the chosen one, else all. */
export function chosenOf<Fleet extends { readonly fleet: string }>(fleets: readonly Fleet[]): readonly Fleet[] {
  return choice.fleet === undefined ? fleets : fleets.filter(({ fleet }) => fleet === choice.fleet);
}
