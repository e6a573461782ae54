import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Assets } from '../assembly/assets';
import { type Stack, stackOf } from '../assembly/cloud-assembly';
import { parseTemplate, type Template } from '../assembly/template';
import { requireCapabilities } from './capabilities';
import type { DeployedStacks } from './deployed-stacks';
import { reasonOf } from './events';
import { importersIn } from './exports-in-use';
import { outputsOf } from './outputs';
import { parameterValues, type ReadParameter, withParameters } from './parameter-values';
import { resourceChanges } from './resource-changes';
import { StackOperations } from './stack-operations';
import { requireStackPolicy } from './stack-policy';
import { arnPrefix, type HeldChangeSet, type RecordFile, StackRecord, type StackSource } from './stack-record';
import {
  type ChangeSet,
  type ChangeSetRequest,
  CloudFormationError,
  type ExecutionOptions,
  type RollbackOptions,
  type StackDescription,
  type StackEvent,
  type StackExport,
  type StackResource,
  type StackStatus,
  type Stacks,
} from './stacks';

export interface AccountStacksParts {
  readonly deployed: DeployedStacks;
  readonly account: string;
  readonly region: string;
  /** The assets that a template names. */
  readonly assetsIn: (text: string) => Promise<Assets>;
  readonly readParameter: ReadParameter;
  /** Told when something stands that outlives a run. */
  readonly keep?: (records: readonly RecordFile[]) => void;
  /** Told of each status of each stack. */
  readonly onStatus?: (stack: string, status: StackStatus, reason: string | undefined) => void;
}

const NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set.";
const EMPTY: Template = { Resources: {} };

/** The stacks of the account, as its CloudFormation API has them. */
export class AccountStacks implements Stacks {
  private readonly records: StackRecord[] = [];
  private readonly operations: StackOperations;

  constructor(private readonly parts: AccountStacksParts) {
    this.operations = new StackOperations(parts.deployed, (name) => this.recordOf(name));
  }

  /**
   * Remembers the stacks of an earlier run.
   * @returns those that the API had brought, to be deployed again; and names of those that came with an assembly
   */
  async recall(files: readonly RecordFile[]): Promise<{ readonly stacks: readonly Stack[]; readonly applied: readonly string[] }> {
    const stacks: Stack[] = [];
    for (const file of files) {
      const record = this.add(StackRecord.read(file, this.parts));
      if (record.by === 'api' && record.status !== 'REVIEW_IN_PROGRESS') stacks.push(...(await this.stacksOf(record.name, record.source)));
    }
    return { stacks, applied: this.records.filter(({ by }) => by === 'assembly').map(({ name }) => name) };
  }

  /** Stacks that {@link recall} has named are there again. */
  restored(stacks: readonly Stack[]): void {
    for (const stack of stacks) {
      const record = stack.parent === undefined ? this.recordOf(stack.name) : undefined;
      if (record) record.outputs = outputsOf(stack, this.parts.deployed.world);
    }
    this.keep();
  }

  /** Stacks that the account has deployed by itself are there as if the API had made them. */
  adopt(stacks: readonly Stack[], removed: readonly string[] = []): void {
    for (const name of removed) this.recordOf(name)?.standAt('DELETE_COMPLETE');
    for (const stack of stacks.filter(({ parent }) => parent === undefined)) {
      const known = this.recordOf(stack.name);
      const record = known ?? this.addNew(stack.name);
      record.by = 'assembly';
      const parameters = Object.entries(stack.template.Parameters ?? {}).map(([name, { Default }]) => [name, String(Default ?? '')]);
      const template = JSON.stringify(stack.template, null, 1);
      record.source = { template, parameters: Object.fromEntries(parameters), tags: record.source.tags, capabilities: [] };
      record.outputs = outputsOf(stack, this.parts.deployed.world);
      record.standAt(known ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE');
    }
    this.keep();
  }

  list(): readonly StackDescription[] {
    return this.records.map(({ description }) => description);
  }

  find(stack: string): StackDescription | undefined {
    return this.recordOf(stack)?.description;
  }

  template(stack: string): string {
    return this.known(stack).source.template;
  }

  events(stack: string): readonly StackEvent[] {
    return this.known(stack).events;
  }

  resources(stack: string): readonly StackResource[] {
    return this.known(stack).resources;
  }

  exports(): readonly StackExport[] {
    return this.records.flatMap(({ id, outputs }) =>
      outputs.flatMap(({ exportName, value }) => (exportName === undefined ? [] : [{ stackId: id, name: exportName, value }])),
    );
  }

  importers(exported: string): readonly string[] {
    return importersIn(this.parts.deployed.world).get(exported) ?? [];
  }

  async createChangeSet(request: ChangeSetRequest): Promise<ChangeSet> {
    const record = this.recordFor(request);
    if (record.changeSets.has(request.name))
      throw new CloudFormationError(
        'AlreadyExistsException',
        `ChangeSet ${request.name} cannot be created due to a mismatch with existing attribute Name`,
      );
    const held = await this.prepare(record, request);
    record.changeSets.set(request.name, held);
    return held;
  }

  changeSet(stack: string, name: string): ChangeSet | undefined {
    return this.changeSetOf(this.known(stack), name);
  }

  changeSets(stack: string): readonly ChangeSet[] {
    return [...this.known(stack).changeSets.values()];
  }

  deleteChangeSet(stack: string, name: string): void {
    const record = this.known(stack);
    const found = this.changeSetOf(record, name);
    if (found) record.changeSets.delete(found.name);
  }

  executeChangeSet(stack: string, name: string, options: ExecutionOptions = {}): void {
    const record = this.known(stack);
    const held = this.changeSetOf(record, name);
    if (!held) throw new CloudFormationError('ChangeSetNotFound', `ChangeSet [${name}] does not exist`);
    if (held.executionStatus !== 'AVAILABLE')
      throw new CloudFormationError(
        'InvalidChangeSetStatus',
        `ChangeSet [${held.id}] cannot be executed in its current status of [${held.status}]`,
      );
    this.requireRest(record);
    // CloudFormation deletes the others of the stack: what they were compared with is gone.
    record.changeSets.clear();
    record.changeSets.set(held.name, { ...held, executionStatus: 'EXECUTE_COMPLETE' });
    record.say({ changeSetId: held.id });
    record.by = 'api';
    void this.operations.execute(record, held, options).then(() => this.keep());
  }

  async deploy(request: Omit<ChangeSetRequest, 'name'>, options: ExecutionOptions = {}): Promise<StackDescription> {
    const { name, stackId, status, statusReason } = await this.createChangeSet({ ...request, name: `direct-${randomUUID()}` });
    if (status === 'FAILED') {
      this.deleteChangeSet(stackId, name);
      throw new CloudFormationError(
        'ValidationError',
        statusReason === NO_CHANGES ? 'No updates are to be performed.' : (statusReason ?? ''),
      );
    }
    this.executeChangeSet(stackId, name, options);
    return this.known(stackId).description;
  }

  delete(stack: string, options: { readonly retain?: readonly string[]; readonly clientToken?: string } = {}): void {
    const record = this.recordOf(stack);
    // What is gone may be deleted again (DeleteStack).
    if (record === undefined || record.status === 'DELETE_COMPLETE') return;
    if (record.description.terminationProtection)
      throw invalid(`Stack [${record.name}] cannot be deleted while TerminationProtection is enabled`);
    if (record.status === 'REVIEW_IN_PROGRESS') return void this.records.splice(this.records.indexOf(record), 1);
    this.requireRest(record);
    void this.operations.delete(record, options).then(() => this.keep());
  }

  rollback(stack: string, options: RollbackOptions = {}): void {
    const record = this.known(stack);
    if (!['CREATE_FAILED', 'UPDATE_FAILED', 'UPDATE_ROLLBACK_FAILED'].includes(record.status))
      throw invalid(`Stack:${record.id} is in ${record.status} state and can not be rolled back.`);
    void this.operations.rollBack(record, options).then(() => this.keep());
  }

  policy(stack: string): string | undefined {
    return this.known(stack).policy;
  }

  setPolicy(stack: string, policy: string): void {
    requireStackPolicy(policy);
    this.known(stack).policy = policy;
    this.keep();
  }

  setTerminationProtection(stack: string, enabled: boolean): void {
    this.known(stack).say({ terminationProtection: enabled });
    this.keep();
  }

  /** Reads and judges what is asked for; what cannot be done is a change set that failed, as in AWS. */
  private async prepare(record: StackRecord, request: ChangeSetRequest): Promise<HeldChangeSet> {
    const text = request.template ?? record.source.template;
    const template = parseTemplate(text);
    const { capabilities } = request;
    // Without any, those of the stack stay (CreateChangeSet, Tags).
    const tags = Object.keys(request.tags).length === 0 ? record.source.tags : request.tags;
    const parameters = parameterValues(template, request.parameters, record.source.parameters);
    requireCapabilities(template, capabilities);
    const source: StackSource = { template: text, parameters, tags, capabilities };
    const { account, region, deployed } = this.parts;
    const before = deployed.stacks.find(({ name, parent }) => name === record.name && parent === undefined)?.template ?? EMPTY;
    const imported = new Set(request.imports?.map(({ logicalId }) => logicalId));
    const said = {
      id: `${arnPrefix({ account, region })}:changeSet/${request.name}/${randomUUID()}`,
      name: request.name,
      stackId: record.id,
      stackName: record.name,
      kind: request.kind,
      createdAt: new Date(),
      ...(request.description !== undefined && { description: request.description }),
      parameters,
      tags,
      capabilities,
      changes: resourceChanges(before, template, (id) => deployed.resources.get(`${record.name}/${id}`)?.created.ref, imported),
      request,
      source,
    };
    const failed = (statusReason: string): HeldChangeSet => ({
      ...said,
      stacks: [],
      status: 'FAILED',
      statusReason,
      executionStatus: 'UNAVAILABLE',
    });
    if (said.changes.length === 0 && isSame(source, record.source, template, before)) return failed(NO_CHANGES);
    try {
      const stacks = await this.stacksOf(record.name, source);
      deployed.judge({ put: stacks });
      return { ...said, stacks, status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' };
    } catch (error) {
      return failed(reasonOf(error));
    }
  }

  /** The stack that a change set is for: a new one is there, in review, until it is executed. */
  private recordFor({ stack, kind }: ChangeSetRequest): StackRecord {
    const record = this.recordOf(stack);
    const exists = record !== undefined && record.status !== 'DELETE_COMPLETE';
    if (kind === 'CREATE' && exists && record.status !== 'REVIEW_IN_PROGRESS')
      throw new CloudFormationError('AlreadyExistsException', `Stack [${stack}] already exists`);
    if (kind === 'UPDATE' && (!exists || record.status === 'REVIEW_IN_PROGRESS')) throw invalid(`Stack [${stack}] does not exist`);
    if (!exists) return this.addNew(stack);
    this.requireRest(record);
    return record;
  }

  /** @throws CloudFormationError for a stack that something is being done to, or that can only be deleted */
  private requireRest({ id, status }: StackRecord): void {
    const isUnderWay = status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS';
    if (isUnderWay) throw invalid(`Stack:${id} is in ${status} state and can not be updated.`);
  }

  /** A stack as it shall be, and those nested in it. */
  private async stacksOf(name: string, { template, parameters }: StackSource): Promise<readonly Stack[]> {
    const { account, region, assetsIn, readParameter } = this.parts;
    const assets = await assetsIn(`${template}\n${JSON.stringify(parameters)}`);
    return stackOf(name, withParameters(parseTemplate(template), parameters, readParameter), { account, region, assets });
  }

  private addNew(name: string): StackRecord {
    return this.add(new StackRecord({ ...this.parts, name }));
  }

  private add(record: StackRecord): StackRecord {
    record.onStatus = (status, reason) => this.parts.onStatus?.(record.name, status, reason);
    this.records.push(record);
    return record;
  }

  private keep(): void {
    this.parts.keep?.(this.records.filter(({ status }) => status !== 'DELETE_COMPLETE').map(({ file }) => file));
  }

  /** By name the one that is not deleted, by id any. */
  private recordOf(stack: string): StackRecord | undefined {
    const named = this.records.filter(({ name, id }) => name === stack || id === stack);
    return stack.startsWith('arn:') ? named[0] : named.find(({ status }) => status !== 'DELETE_COMPLETE');
  }

  private known(stack: string): StackRecord {
    const record = this.recordOf(stack);
    if (record) return record;
    throw invalid(`Stack with id ${stack} does not exist`);
  }

  private changeSetOf(record: StackRecord, name: string): HeldChangeSet | undefined {
    return [...record.changeSets.values()].find((held) => held.name === name || held.id === name);
  }
}

/** Whether everything beside the resources is as it was, too. */
function isSame(source: StackSource, before: StackSource, template: Template, former: Template): boolean {
  const beside = ({ parameters, tags }: StackSource) => [parameters, tags];
  return isDeepStrictEqual(beside(source), beside(before)) && isDeepStrictEqual(template.Outputs ?? {}, former.Outputs ?? {});
}

function invalid(message: string): CloudFormationError {
  return new CloudFormationError('ValidationError', message);
}
