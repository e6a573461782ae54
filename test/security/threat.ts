import type { AgentName, ServerName } from './town/app';
import type { Town } from './town/town';

export { product } from './town/product';

/** Where a threat comes over: whose word is taken up to there, and no further. */
export const BOUNDARIES = ['agent', 'network', 'server', 'operator'] as const;
export type Boundary = (typeof BOUNDARIES)[number];

/** One attack, by everything that is done to a running fleet. */
export interface Attack {
  readonly name: string;
  /** @returns rows that must stand in the ledger @throws Error that says what did not hold */
  readonly play: (town: Town) => Promise<readonly Owed[] | undefined>;
}

/** The audit row of a refusal. */
export interface Owed {
  readonly agent: AgentName;
  readonly server: ServerName;
  /** Of the error registry: what the row's reason begins with. */
  readonly error: string;
  /** Name of the tool, or of the method that was refused. */
  readonly tool: string;
  readonly callId?: string;
}

/** The one change that takes a guard away: a text of a source file, which stands there once. */
export interface Mutation {
  readonly program: Program;
  /** Path of the source file in the project. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export const PROGRAMS = ['gateway', 'sidecar', 'authorizer'] as const;
export type Program = (typeof PROGRAMS)[number];

/** A row of the threat model, with what shows the answer to it. */
export interface Threat {
  readonly id: string;
  readonly boundary: Boundary;
  /** What somebody tries, in one sentence. */
  readonly threat: string;
  /** What it would cost. */
  readonly asset: string;
  /** How it is answered. */
  readonly answer: string;
  readonly mutation: Mutation;
  readonly attacks: readonly Attack[];
}

/** An attack for each of several things. */
export function each<T>(
  things: readonly T[],
  name: (thing: T) => string,
  // biome-ignore lint/suspicious/noConfusingVoidType: most attacks owe no row, and end without a word
  play: (thing: T, town: Town) => Promise<readonly Owed[] | undefined | void>,
): readonly Attack[] {
  return things.map((thing) => ({ name: name(thing), play: async (town) => (await play(thing, town)) ?? undefined }));
}
