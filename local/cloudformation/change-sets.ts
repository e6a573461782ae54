import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Assets } from '../assembly/assets';
import { type Stack, stackOf } from '../assembly/cloud-assembly';
import { parseTemplate, type Template } from '../assembly/template';
import { requireCapabilities } from './capabilities';
import type { DeployedStacks } from './deployed-stacks';
import { reasonOf } from './events';
import { requireExports } from './exports-in-use';
import { parameterValues, type ReadParameter, withParameters } from './parameter-values';
import { resourceChanges } from './resource-changes';
import { arnPrefix, type HeldChangeSet, type StackRecord, type StackSource } from './stack-record';
import type { StackRecords } from './stack-records';
import { type ChangeSetRequest, CloudFormationError, invalid, type StackStatus } from './stacks';
import { checkTemplate } from './template-check';

export interface ChangeSetsParts {
  readonly deployed: DeployedStacks;
  readonly account: string;
  readonly region: string;
  /** The assets that a template names. */
  readonly assetsIn: (text: string) => Promise<Assets>;
  readonly readParameter: ReadParameter;
}

export const NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set.";
const EMPTY: Template = { Resources: {} };
/** From here a stack is deleted, or its rollback goes on. */
const STUCK: readonly StackStatus[] = ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'UPDATE_ROLLBACK_FAILED', 'DELETE_FAILED'];

/** Reads what is asked of stacks, and judges whether it can be done. */
export class ChangeSets {
  constructor(
    private readonly parts: ChangeSetsParts,
    private readonly records: StackRecords,
  ) {}

  async create(request: ChangeSetRequest): Promise<HeldChangeSet> {
    const record = this.recordFor(request);
    if (record.changeSets.has(request.name))
      throw new CloudFormationError(
        'AlreadyExistsException',
        `ChangeSet ${request.name} cannot be created due to a mismatch with existing attribute Name`,
      );
    try {
      const held = await this.prepare(record, request);
      record.changeSets.set(request.name, held);
      return held;
    } catch (error) {
      this.records.forgetUnused(record);
      throw error;
    }
  }

  /** A stack as it shall be, and those nested in it. */
  async stacksOf(name: string, { template, parameters }: StackSource): Promise<readonly Stack[]> {
    const { account, region, assetsIn, readParameter } = this.parts;
    const own = withParameters(parseTemplate(template), parameters, readParameter);
    const stacksWith = async (named: unknown): Promise<readonly Stack[]> =>
      stackOf(name, own, { account, region, assets: await assetsIn(JSON.stringify([named, parameters])) });
    // Assets that a nested template names are known when that template is.
    for (let stacks = await stacksWith(own); ; ) {
      const known = stacks.length;
      stacks = await stacksWith(stacks.map((stack) => stack.template));
      if (stacks.length === known) return stacks;
    }
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
      // Of those that are nested nobody has looked at the templates yet.
      for (const { template: inner, parent } of stacks) if (parent) checkTemplate(inner);
      const { assembly } = deployed.judge({ put: stacks });
      requireExports(stacks, { ...deployed.world, assembly });
      return { ...said, stacks, status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' };
    } catch (error) {
      return failed(reasonOf(error));
    }
  }

  /** The stack that a change set is for: a new one is there, in review, until it is executed. */
  private recordFor({ stack, kind }: ChangeSetRequest): StackRecord {
    const record = this.records.find(stack);
    const exists = record !== undefined && record.status !== 'DELETE_COMPLETE';
    if (kind === 'CREATE' && exists && record.status !== 'REVIEW_IN_PROGRESS')
      throw new CloudFormationError('AlreadyExistsException', `Stack [${stack}] already exists`);
    if (kind === 'UPDATE' && (!exists || record.status === 'REVIEW_IN_PROGRESS')) throw invalid(`Stack [${stack}] does not exist`);
    if (!exists) return this.records.create(stack);
    record.requireRest();
    if (STUCK.includes(record.status)) throw invalid(`Stack:${record.id} is in ${record.status} state and can not be updated.`);
    return record;
  }
}

/** Whether everything beside the resources is as it was, too. */
function isSame(source: StackSource, before: StackSource, template: Template, former: Template): boolean {
  const beside = ({ parameters, tags }: StackSource) => [parameters, tags];
  return isDeepStrictEqual(beside(source), beside(before)) && isDeepStrictEqual(template.Outputs ?? {}, former.Outputs ?? {});
}
