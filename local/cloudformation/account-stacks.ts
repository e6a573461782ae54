import { randomUUID } from 'node:crypto';
import type { Stack } from '../assembly/cloud-assembly';
import { ChangeSets, type ChangeSetsParts, NO_CHANGES } from './change-sets';
import { importersIn } from './exports-in-use';
import { settle } from './interrupted';
import { outputsOf } from './outputs';
import { StackOperations } from './stack-operations';
import { requireStackPolicy } from './stack-policy';
import type { RecordFile, StackRecord } from './stack-record';
import { StackRecords, type StackRecordsParts } from './stack-records';
import { sourceOf } from './stack-source';
import {
  type ChangeSet,
  type ChangeSetRequest,
  CloudFormationError,
  type ExecutionOptions,
  invalid,
  type RollbackOptions,
  type StackDescription,
  type StackEvent,
  type StackExport,
  type StackResource,
  type Stacks,
} from './stacks';

export type AccountStacksParts = ChangeSetsParts & StackRecordsParts;

/** The stacks of the account, as its CloudFormation API has them. */
export class AccountStacks implements Stacks {
  private readonly records: StackRecords;
  private readonly prepared: ChangeSets;
  private readonly operations: StackOperations;

  constructor(private readonly parts: AccountStacksParts) {
    this.records = new StackRecords(parts);
    this.prepared = new ChangeSets(parts, this.records);
    this.operations = new StackOperations(parts.deployed, this.records);
  }

  /**
   * Remembers the stacks of an earlier run.
   * @returns those that the API had brought, to be deployed again; and names of those that came with an assembly
   */
  async recall(files: readonly RecordFile[]): Promise<{ readonly stacks: readonly Stack[]; readonly applied: readonly string[] }> {
    const stacks: Stack[] = [];
    for (const file of files) {
      const record = this.records.recall(file);
      if (record.stands && record.by === 'api' && !record.isNested)
        stacks.push(...(await this.prepared.stacksOf(record.name, record.source)));
    }
    const applied = this.records.all.filter(({ stands, by, isNested }) => stands && by === 'assembly' && !isNested);
    return { stacks, applied: applied.map(({ name }) => name) };
  }

  /** Stacks that {@link recall} has named are there again; of what was under way when the account ended, each says what has become. */
  restored(): void {
    const { stacks, world } = this.parts.deployed;
    for (const record of this.records.all.filter(({ status }) => status !== 'DELETE_COMPLETE')) {
      const stack = stacks.find(({ name }) => name === record.name);
      const root = this.records.find(record.description.rootId ?? record.id);
      const held = this.resourcesOf(record);
      // It came with an update that is undone, or nothing is left of it.
      if (record.isNested && stack === undefined && (root?.stands !== false || held.length === 0)) record.gone();
      else {
        record.stands = stack !== undefined;
        if (stack) record.outputs = outputsOf(stack, world);
        record.hold(held);
        settle(record);
      }
    }
    this.records.keep();
  }

  /** Stacks that the account has deployed by itself are there as if the API had made them. */
  adopt(stacks: readonly Stack[], removed: readonly string[] = []): void {
    const { world } = this.parts.deployed;
    const names = new Set(stacks.map(({ name }) => name));
    for (const name of [...names, ...removed]) {
      const record = this.records.find(name);
      const inside = record ? this.records.nestedIn(record) : [];
      for (const nested of inside.filter((each) => !names.has(each.name))) nested.gone();
      if (!names.has(name)) record?.gone();
    }
    for (const stack of stacks) {
      const known = this.records.find(stack.name);
      const record = known ?? this.records.create(stack.name, stack.parent && this.records.find(stack.parent.stack.name));
      record.standFrom(sourceOf(stack, world, record.source.tags), 'assembly');
      record.outputs = outputsOf(stack, world);
      record.standAt(known ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE');
    }
    for (const { name } of stacks) {
      const record = this.records.known(name);
      record.hold(this.resourcesOf(record));
    }
    this.records.keep();
  }

  private resourcesOf({ name }: StackRecord): StackResource[] {
    return [...this.parts.deployed.resources.values()]
      .filter(({ address }) => address.stack === name)
      .map(({ address, resource: { Type }, created, changedAt }) => ({
        logicalId: address.logicalId,
        // A nested stack goes by its id.
        physicalId: (Type === 'AWS::CloudFormation::Stack' ? this.records.find(created.ref)?.id : undefined) ?? created.ref,
        type: Type,
        status: 'CREATE_COMPLETE',
        at: changedAt,
      }));
  }

  list(): readonly StackDescription[] {
    return this.records.all.map(({ description }) => description);
  }

  find(stack: string): StackDescription | undefined {
    return this.records.find(stack)?.description;
  }

  template(stack: string): string {
    return this.records.known(stack).source.template;
  }

  events(stack: string): readonly StackEvent[] {
    return this.records.known(stack).events;
  }

  resources(stack: string): readonly StackResource[] {
    return this.records.known(stack).resources;
  }

  exports(): readonly StackExport[] {
    return this.records.all.flatMap(({ id, outputs }) =>
      outputs.flatMap(({ exportName, value }) => (exportName === undefined ? [] : [{ stackId: id, name: exportName, value }])),
    );
  }

  importers(exported: string): readonly string[] {
    return importersIn(this.parts.deployed.world).get(exported) ?? [];
  }

  createChangeSet(request: ChangeSetRequest): Promise<ChangeSet> {
    return this.prepared.create(request);
  }

  changeSet(stack: string, name: string): ChangeSet | undefined {
    return this.records.known(stack).changeSet(name);
  }

  changeSets(stack: string): readonly ChangeSet[] {
    return [...this.records.known(stack).changeSets.values()];
  }

  deleteChangeSet(stack: string, name: string): void {
    const record = this.records.known(stack);
    const found = record.changeSet(name);
    if (found) record.changeSets.delete(found.name);
  }

  executeChangeSet(stack: string, name: string, options: ExecutionOptions = {}): void {
    const record = this.records.known(stack);
    const held = record.changeSet(name);
    if (!held) throw new CloudFormationError('ChangeSetNotFound', `ChangeSet [${name}] does not exist`);
    if (held.executionStatus !== 'AVAILABLE')
      throw new CloudFormationError(
        'InvalidChangeSetStatus',
        `ChangeSet [${held.id}] cannot be executed in its current status of [${held.status}]`,
      );
    record.requireRest();
    // CloudFormation deletes the others of the stack: what they were compared with is gone.
    record.changeSets.clear();
    record.changeSets.set(held.name, { ...held, executionStatus: 'EXECUTE_COMPLETE' });
    record.say({ changeSetId: held.id });
    void this.operations.execute(record, held, options);
  }

  async deploy(request: Omit<ChangeSetRequest, 'name'>, options: ExecutionOptions = {}): Promise<StackDescription> {
    const { name, stackId, status, statusReason } = await this.createChangeSet({ ...request, name: `direct-${randomUUID()}` });
    if (status === 'FAILED') {
      this.deleteChangeSet(stackId, name);
      this.records.forgetUnused(this.records.known(stackId));
      throw invalid(statusReason === NO_CHANGES ? 'No updates are to be performed.' : (statusReason ?? ''));
    }
    this.executeChangeSet(stackId, name, options);
    return this.records.known(stackId).description;
  }

  delete(stack: string, options: { readonly retain?: readonly string[]; readonly clientToken?: string } = {}): void {
    const record = this.records.find(stack);
    // What is gone may be deleted again (DeleteStack).
    if (record === undefined || record.status === 'DELETE_COMPLETE') return;
    if (record.description.terminationProtection)
      throw invalid(`Stack [${record.name}] cannot be deleted while TerminationProtection is enabled`);
    if (record.status === 'REVIEW_IN_PROGRESS') return void this.records.forget(record);
    record.requireRest();
    void this.operations.delete(record, options);
  }

  rollback(stack: string, options: RollbackOptions = {}): void {
    const record = this.records.known(stack);
    if (!['CREATE_FAILED', 'UPDATE_FAILED', 'UPDATE_ROLLBACK_FAILED'].includes(record.status))
      throw invalid(`Stack:${record.id} is in ${record.status} state and can not be rolled back.`);
    record.requireRest();
    void this.operations.rollBack(record, options);
  }

  policy(stack: string): string | undefined {
    return this.records.known(stack).policy;
  }

  setPolicy(stack: string, policy: string): void {
    requireStackPolicy(policy);
    this.records.known(stack).policy = policy;
    this.records.keep();
  }

  setTerminationProtection(stack: string, enabled: boolean): void {
    this.records.known(stack).say({ terminationProtection: enabled });
    this.records.keep();
  }
}
