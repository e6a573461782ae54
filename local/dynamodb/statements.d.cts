import type dynalite from 'dynalite';

/** A dynalite that also answers `INSERT` by ExecuteStatement and BatchExecuteStatement. */
export function withStatements(embedded: typeof dynalite): typeof dynalite;
