import type { Operations } from './operations.cjs';

/** `INSERT` by ExecuteStatement and BatchExecuteStatement. */
export function statements(store: never): Operations;
