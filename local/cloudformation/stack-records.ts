import { type RecordFile, StackRecord } from './stack-record';
import { CloudFormationError, type StackStatus } from './stacks';

export interface StackRecordsParts {
  readonly account: string;
  readonly region: string;
  /** Told when something stands that outlives a run. */
  readonly keep?: (records: readonly RecordFile[]) => void;
  /** Told of each status of each stack. */
  readonly onStatus?: (stack: string, status: StackStatus, reason: string | undefined) => void;
}

/** What is told of every stack that is there, or was. */
export class StackRecords {
  private readonly records: StackRecord[] = [];

  constructor(private readonly parts: StackRecordsParts) {}

  get all(): readonly StackRecord[] {
    return this.records;
  }

  /** Those nested in a root stack that are there. */
  nestedIn(root: StackRecord): readonly StackRecord[] {
    return this.records.filter(({ status, description }) => description.rootId === root.id && status !== 'DELETE_COMPLETE');
  }

  /** By name the one that is not deleted, by id any. */
  find(stack: string): StackRecord | undefined {
    const named = this.records.filter(({ name, id }) => name === stack || id === stack);
    return stack.startsWith('arn:') ? named[0] : named.find(({ status }) => status !== 'DELETE_COMPLETE');
  }

  /** @throws CloudFormationError where there is none */
  known(stack: string): StackRecord {
    const record = this.find(stack);
    if (record) return record;
    throw new CloudFormationError('ValidationError', `Stack with id ${stack} does not exist`);
  }

  /** @param parent of one that is nested */
  create(name: string, parent?: StackRecord): StackRecord {
    const record = this.add(new StackRecord({ ...this.parts, name }));
    if (parent) record.say({ parentId: parent.id, rootId: parent.description.rootId ?? parent.id });
    return record;
  }

  /** One of an earlier run. */
  recall(file: RecordFile): StackRecord {
    return this.add(StackRecord.read(file, this.parts));
  }

  /** One that never was more than a change set. */
  forget(record: StackRecord): void {
    this.records.splice(this.records.indexOf(record), 1);
  }

  /** What was refused leaves no stack in review behind. */
  forgetUnused(record: StackRecord): void {
    if (record.status === 'REVIEW_IN_PROGRESS' && record.changeSets.size === 0) this.forget(record);
  }

  keep(): void {
    this.parts.keep?.(this.records.filter(({ status }) => status !== 'DELETE_COMPLETE').map(({ file }) => file));
  }

  private add(record: StackRecord): StackRecord {
    record.onStatus = (status, reason) => {
      // What is under way is kept as such: an account that is killed says so when it is there again.
      this.keep();
      this.parts.onStatus?.(record.name, status, reason);
    };
    this.records.push(record);
    return record;
  }
}
