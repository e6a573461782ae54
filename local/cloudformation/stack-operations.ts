import { rootOf, type Stack } from '../assembly/cloud-assembly';
import type { DeployedResource } from './deployed';
import { type DeployedStacks, type DeployOptions, StackDeploymentFailed } from './deployed-stacks';
import { reasonOf } from './events';
import { takeImports } from './imports';
import { NestedStacks } from './nested-stacks';
import { outputsOf } from './outputs';
import type { RolledBack } from './rollback';
import { deniedByPolicy } from './stack-policy';
import type { HeldChangeSet, StackRecord } from './stack-record';
import type { StackRecords } from './stack-records';
import type { ExecutionOptions, RollbackOptions, StackStatus } from './stacks';

type Kind = 'CREATE' | 'UPDATE' | 'IMPORT';

const ROLLBACK: Readonly<Record<Kind, 'ROLLBACK' | 'UPDATE_ROLLBACK' | 'IMPORT_ROLLBACK'>> = {
  CREATE: 'ROLLBACK',
  UPDATE: 'UPDATE_ROLLBACK',
  IMPORT: 'IMPORT_ROLLBACK',
};

/** Does to stacks what change sets say, and says of them how it goes on; nothing here rejects. */
export class StackOperations {
  constructor(
    private readonly deployed: DeployedStacks,
    private readonly records: StackRecords,
  ) {}

  async execute(record: StackRecord, held: HeldChangeSet, { disableRollback = false, clientToken }: ExecutionOptions): Promise<void> {
    const kind = held.kind === 'IMPORT' ? 'IMPORT' : record.status === 'REVIEW_IN_PROGRESS' ? 'CREATE' : 'UPDATE';
    record.clientToken = clientToken;
    if (!record.stands) record.source = held.source;
    record.say({ disableRollback, ...(kind !== 'CREATE' && { updatedAt: new Date() }) });
    record.moveTo(`${kind}_IN_PROGRESS`, 'User Initiated');
    const nested = this.nestedIn(record, held.stacks);
    const failed: string[] = [];
    const why = (cause: unknown): string =>
      failed.length === 0 ? reasonOf(cause) : `The following resource(s) failed to ${kind.toLowerCase()}: [${failed.join(', ')}]. `;
    try {
      this.requirePermitted(record, held);
      const [root] = held.stacks;
      if (root) takeImports(this.deployed, root, held.request);
      await this.deployed.deploy(
        { put: held.stacks },
        {
          tell: (event) => {
            if (event.status.endsWith('_FAILED') && !event.status.startsWith('DELETE')) failed.push(event.logicalId);
            nested.tell(event);
          },
          permit: (action, resource) => requireAllowed(record, action, resource),
          onServing: () => {
            record.standFrom(held.source, 'api');
            if (root) record.outputs = outputsOf(this.deployed.stacks.find(({ name }) => name === root.name) ?? root, this.deployed.world);
            nested.end('done', this.deployed.world);
            if (kind === 'UPDATE') record.moveTo('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
            else this.records.keep();
          },
          onRollback: (cause) => {
            record.moveTo(`${ROLLBACK[kind]}_IN_PROGRESS` as StackStatus, why(cause));
            nested.turnBack();
          },
          disableRollback,
        },
      );
      nested.end('done', this.deployed.world);
      record.moveTo(`${kind}_COMPLETE`);
    } catch (error) {
      if (!(error instanceof StackDeploymentFailed)) {
        // It was refused: nothing has changed.
        record.moveTo(`${ROLLBACK[kind]}_IN_PROGRESS` as StackStatus, reasonOf(error));
        record.moveTo(`${ROLLBACK[kind]}_COMPLETE` as StackStatus);
        return;
      }
      nested.end(error.rolledBack ? 'rolled back' : 'failed', this.deployed.world);
      if (error.rolledBack) this.settle(record, kind, error.rolledBack);
      else record.moveTo(`${kind}_FAILED` as StackStatus, why(error.cause));
    }
  }

  async delete(
    record: StackRecord,
    { retain, clientToken }: { readonly retain?: readonly string[]; readonly clientToken?: string },
  ): Promise<void> {
    const { status } = record;
    record.clientToken = clientToken;
    record.moveTo('DELETE_IN_PROGRESS', 'User Initiated');
    const nested = this.nestedIn(record, []);
    const options: DeployOptions = {
      tell: (event) => nested.tell(event),
      onServing: () => {
        record.stands = false;
        this.records.keep();
      },
      ...(retain && { retain: new Set(retain) }),
    };
    try {
      const { left } = await this.deployed.deploy({ put: [], remove: [record.name] }, options);
      nested.end('done', this.deployed.world);
      if (left.length > 0) {
        const ids = left.map(({ address }) => address.logicalId).join(', ');
        return record.moveTo('DELETE_FAILED', `The following resource(s) failed to delete: [${ids}]. `);
      }
      for (const inside of this.records.nestedIn(record)) inside.gone();
      record.outputs = [];
      record.say({ deletedAt: new Date() });
      record.moveTo('DELETE_COMPLETE');
    } catch (error) {
      // What was refused, such as the end of an export that is in use, has changed nothing: the stack is again what it was.
      record.moveTo(error instanceof StackDeploymentFailed ? 'DELETE_FAILED' : status, reasonOf(error));
    }
  }

  async rollBack(record: StackRecord, { clientToken, skip = [] }: RollbackOptions): Promise<void> {
    const kind = record.status === 'CREATE_FAILED' ? 'CREATE' : 'UPDATE';
    record.clientToken = clientToken;
    record.moveTo(`${ROLLBACK[kind]}_IN_PROGRESS` as StackStatus, 'User Initiated');
    try {
      const nested = this.nestedIn(record, this.deployed.stacks);
      const rolledBack = await this.deployed.rollBack(record.name, { tell: (event) => nested.tell(event), skip: new Set(skip) });
      nested.end('rolled back', this.deployed.world);
      this.settle(record, kind, rolledBack);
    } catch (error) {
      record.moveTo(`${ROLLBACK[kind]}_FAILED` as StackStatus, reasonOf(error));
    }
  }

  private settle(record: StackRecord, kind: Kind, { notRestored, left }: RolledBack): void {
    const stuck = [...notRestored.map(({ resource }) => resource), ...(kind === 'CREATE' ? left : [])];
    const to = stuck.length === 0 ? 'COMPLETE' : 'FAILED';
    if (kind === 'CREATE' && to === 'COMPLETE') for (const inside of this.records.nestedIn(record)) inside.gone();
    const ids = stuck.map(({ address }) => address.logicalId).join(', ');
    const reason = to === 'FAILED' ? `The following resource(s) failed to roll back: [${ids}]. ` : undefined;
    record.moveTo(`${ROLLBACK[kind]}_${to}` as StackStatus, reason);
  }

  private nestedIn({ name }: StackRecord, after: readonly Stack[]): NestedStacks {
    return new NestedStacks(
      this.records,
      this.deployed.stacks.filter((stack) => rootOf(stack).name === name),
      after,
    );
  }

  /** What a stack policy keeps from being deleted is known beforehand. */
  private requirePermitted(record: StackRecord, { changes }: HeldChangeSet): void {
    for (const { action, logicalId, type } of changes) {
      const denied = action === 'Remove' ? deniedByPolicy(record.policy, { action: 'Delete', logicalId, type }) : undefined;
      if (denied !== undefined) throw new Error(denied);
    }
  }
}

function requireAllowed({ policy }: StackRecord, action: 'Modify' | 'Replace', { address, resource }: DeployedResource): void {
  const denied = deniedByPolicy(policy, { action, logicalId: address.logicalId, type: resource.Type });
  if (denied !== undefined) throw new Error(denied);
}
