import type { StackRecord } from './stack-record';
import type { StackStatus } from './stacks';

/** What an operation comes to when the account ends amid it: of a stack that stands all is as before, or as it was to be. */
const STANDING: Partial<Record<StackStatus, StackStatus>> = {
  CREATE_IN_PROGRESS: 'CREATE_COMPLETE',
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: 'UPDATE_COMPLETE',
  UPDATE_IN_PROGRESS: 'UPDATE_ROLLBACK_COMPLETE',
  UPDATE_FAILED: 'UPDATE_ROLLBACK_COMPLETE',
  UPDATE_ROLLBACK_IN_PROGRESS: 'UPDATE_ROLLBACK_COMPLETE',
  UPDATE_ROLLBACK_FAILED: 'UPDATE_ROLLBACK_COMPLETE',
  IMPORT_IN_PROGRESS: 'IMPORT_ROLLBACK_COMPLETE',
  IMPORT_ROLLBACK_IN_PROGRESS: 'IMPORT_ROLLBACK_COMPLETE',
  DELETE_IN_PROGRESS: 'DELETE_FAILED',
};

/** And of one that never stood, or does no more: nothing of it runs, and what has outlived the run waits to be deleted. */
const FALLEN: Partial<Record<StackStatus, StackStatus>> = {
  CREATE_IN_PROGRESS: 'ROLLBACK_FAILED',
  ROLLBACK_IN_PROGRESS: 'ROLLBACK_FAILED',
  UPDATE_IN_PROGRESS: 'UPDATE_FAILED',
  UPDATE_ROLLBACK_IN_PROGRESS: 'UPDATE_ROLLBACK_FAILED',
  IMPORT_IN_PROGRESS: 'IMPORT_ROLLBACK_COMPLETE',
  IMPORT_ROLLBACK_IN_PROGRESS: 'IMPORT_ROLLBACK_COMPLETE',
  DELETE_IN_PROGRESS: 'DELETE_FAILED',
  // Nested in one that has fallen.
  CREATE_COMPLETE: 'DELETE_FAILED',
  UPDATE_COMPLETE: 'DELETE_FAILED',
  UPDATE_ROLLBACK_COMPLETE: 'DELETE_FAILED',
};

/** Says of a stack of an earlier run what has become of what was under way then. */
export function settle(record: StackRecord): void {
  const { status, stands, resources } = record;
  const to = (stands ? STANDING : FALLEN)[status];
  if (to === undefined) return;
  const isGone = to === 'ROLLBACK_FAILED' && resources.length === 0;
  const left = stands || resources.length === 0 ? '' : ` What is left of it: [${resources.map(({ logicalId }) => logicalId).join(', ')}].`;
  record.standAt(isGone ? 'ROLLBACK_COMPLETE' : to, `The account ended while it was ${status}.${left}`);
}
