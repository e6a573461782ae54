import type dynalite from 'dynalite';

/** Operations by their `X-Amz-Target`. */
export type Operations = Readonly<Record<string, (body: never) => unknown>>;

/** A dynalite that answers more operations; each maker is given the store of the tables. */
export function withOperations(embedded: typeof dynalite, ...makers: readonly ((store: never) => Operations)[]): typeof dynalite;
