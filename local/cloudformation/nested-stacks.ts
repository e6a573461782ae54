import type { Stack } from '../assembly/cloud-assembly';
import { addressText } from '../assembly/template';
import type { World } from '../template/scope';
import type { ResourceHappening } from './events';
import { outputsOf } from './outputs';
import type { StackRecord } from './stack-record';
import type { StackRecords } from './stack-records';
import { sourceOf } from './stack-source';
import type { ResourceStatus, StackStatus } from './stacks';

type Work = 'CREATE' | 'UPDATE' | 'DELETE';
/** How what was done to a stack came to its end. */
export type Outcome = 'done' | 'failed' | 'rolled back';

/** What is said of a nested stack at its end: by itself, and of it as a resource of its parent. */
const ENDS: Readonly<Record<Work, Readonly<Record<Outcome, readonly [StackStatus, ResourceStatus]>>>> = {
  CREATE: {
    done: ['CREATE_COMPLETE', 'CREATE_COMPLETE'],
    failed: ['CREATE_FAILED', 'CREATE_FAILED'],
    'rolled back': ['DELETE_COMPLETE', 'DELETE_COMPLETE'],
  },
  UPDATE: {
    done: ['UPDATE_COMPLETE', 'UPDATE_COMPLETE'],
    failed: ['UPDATE_FAILED', 'UPDATE_FAILED'],
    'rolled back': ['UPDATE_ROLLBACK_COMPLETE', 'UPDATE_COMPLETE'],
  },
  DELETE: {
    done: ['DELETE_COMPLETE', 'DELETE_COMPLETE'],
    failed: ['DELETE_FAILED', 'DELETE_FAILED'],
    'rolled back': ['DELETE_COMPLETE', 'DELETE_COMPLETE'],
  },
};

/** Tells of a stack and those nested in it what happens to each, while something is done to them. */
export class NestedStacks {
  private readonly stacks: ReadonlyMap<string, Stack>;
  /** By the address that each nested one has as a resource of its parent. */
  private readonly nested: ReadonlyMap<string, Stack>;
  private readonly staying: ReadonlySet<string>;
  /** Nested stacks that something is being done to, in the order in which it began. */
  private readonly underWay = new Map<Stack, { readonly record: StackRecord; readonly work: Work }>();
  private served = false;

  constructor(
    private readonly records: StackRecords,
    before: readonly Stack[],
    after: readonly Stack[],
  ) {
    this.stacks = new Map([...before, ...after].map((stack) => [stack.name, stack]));
    this.nested = new Map([...this.stacks.values()].map((stack) => [addressOf(stack), stack]));
    this.staying = new Set(after.map(({ name }) => name));
  }

  tell(event: ResourceHappening): void {
    const stack = this.stacks.get(event.stack);
    const nested = this.nested.get(addressText({ stack: event.stack, logicalId: event.logicalId }));
    // It begins and ends with what is in it.
    if (nested) this.begin(nested);
    else if (stack) this.begin(stack)?.tell(event);
    else this.records.find(event.stack)?.tell(event);
  }

  /** What was begun is undone from here on. */
  turnBack(): void {
    for (const { record, work } of this.underWay.values())
      if (work !== 'DELETE') record.standAt(work === 'CREATE' ? 'DELETE_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS');
  }

  /** @param world in which what was deployed has its values */
  end(outcome: Outcome, world: World): void {
    for (const [stack, { record, work }] of [...this.underWay].reverse()) {
      const isLeft = record.resources.some(({ status }) => status === 'DELETE_FAILED');
      const [own, inParent] = ENDS[isLeft ? 'DELETE' : work][isLeft ? 'failed' : outcome];
      if (outcome === 'done' && work !== 'DELETE') {
        record.standFrom(sourceOf(stack, world, record.source.tags), 'api');
        record.outputs = outputsOf(stack, world);
      }
      if (own === 'DELETE_COMPLETE') record.gone();
      else record.standAt(own);
      this.tellParent(stack, record, inParent);
    }
    this.underWay.clear();
    this.served ||= outcome === 'done';
  }

  private begin(stack: Stack): StackRecord | undefined {
    const known = this.records.find(stack.name);
    const parent = stack.parent && this.begin(this.stacks.get(stack.parent.stack.name) ?? stack.parent.stack);
    // When everything serves, what was replaced is still to be removed: for a stack that stays, that is no beginning.
    if (!parent || this.underWay.has(stack) || (this.served && this.staying.has(stack.name))) return known;
    const record = known ?? this.records.create(stack.name, parent);
    const isNew = known === undefined || known.status === 'CREATE_FAILED';
    const work = !this.staying.has(stack.name) ? 'DELETE' : isNew ? 'CREATE' : 'UPDATE';
    this.underWay.set(stack, { record, work });
    this.tellParent(stack, record, `${work}_IN_PROGRESS`);
    record.standAt(`${work}_IN_PROGRESS`);
    return record;
  }

  private tellParent({ parent }: Stack, { id }: StackRecord, status: ResourceStatus): void {
    if (!parent) return;
    const event = { stack: parent.stack.name, logicalId: parent.logicalId, type: 'AWS::CloudFormation::Stack', status, physicalId: id };
    this.records.find(parent.stack.name)?.tell(event);
  }
}

function addressOf({ name, parent }: Stack): string {
  return parent ? addressText({ stack: parent.stack.name, logicalId: parent.logicalId }) : name;
}
