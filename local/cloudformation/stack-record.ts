import { randomUUID } from 'node:crypto';
import type { Stack } from '../assembly/cloud-assembly';
import type { ResourceHappening } from './events';
import {
  type ChangeSet,
  type ChangeSetRequest,
  invalid,
  type ResourceStatus,
  type StackDescription,
  type StackEvent,
  type StackResource,
  type StackStatus,
} from './stacks';

/** What is said of a stack that stays the same over its life. */
export interface StackPlace {
  readonly name: string;
  readonly account: string;
  readonly region: string;
}

/** What a stack was made from. */
export interface StackSource {
  /** As it was given. */
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
}

/** A change set, and what it was asked with. */
export interface HeldChangeSet extends ChangeSet {
  readonly request: ChangeSetRequest;
  readonly source: StackSource;
  /** The stack as it shall be, and those nested in it; none where it failed. */
  readonly stacks: readonly Stack[];
}

/** A record as it is kept. */
export interface RecordFile {
  readonly said: Omit<Said, 'createdAt' | 'updatedAt' | 'deletedAt'>;
  readonly createdAt: string;
  readonly updatedAt?: string;
  readonly source: StackSource;
  readonly stands: boolean;
  readonly policy?: string;
  /** Who has brought it: an assembly that the account was started with, or its API. */
  readonly by: Origin;
  /** The oldest first. */
  readonly events: readonly (Omit<StackEvent, 'at'> & { readonly at: string })[];
}

export type Origin = 'assembly' | 'api';

/** The oldest events of a stack go when it has more. */
const MOST_EVENTS = 10_000;
/** As many of the newest are kept for the next run. */
const MOST_KEPT_EVENTS = 1000;
/** Statuses with which an operation begins, the rollback of another one included: what happens from then on belongs to it. */
const BEGINNING = /^(?:CREATE|UPDATE|IMPORT|DELETE|(?:UPDATE_|IMPORT_)?ROLLBACK)_IN_PROGRESS$/;

type Said = Omit<StackDescription, 'outputs'>;

/** One stack as CloudFormation tells of it: how it stands, and what has happened to it. */
export class StackRecord {
  /** Where nothing is deployed yet: what shall be. */
  source: StackSource = { template: '', parameters: {}, tags: {}, capabilities: [] };
  /** Whether it is deployed as its source says, and has to be so again when the account is started next. */
  stands = false;
  readonly changeSets = new Map<string, HeldChangeSet>();
  policy: string | undefined;
  clientToken: string | undefined;
  outputs: StackDescription['outputs'] = [];
  onStatus: ((status: StackStatus, reason: string | undefined) => void) | undefined;
  by: Origin = 'api';
  private happened: StackEvent[] = [];
  private statuses = new Map<string, StackResource>();
  private operationId = randomUUID();
  private said: Said;

  constructor(place: StackPlace, createdAt = new Date(), id = `${arnPrefix(place)}:stack/${place.name}/${randomUUID()}`) {
    this.said = {
      id,
      name: place.name,
      status: 'REVIEW_IN_PROGRESS',
      parameters: {},
      tags: {},
      capabilities: [],
      createdAt,
      terminationProtection: false,
      disableRollback: false,
    };
  }

  static read({ said, createdAt, updatedAt, events, ...kept }: RecordFile, place: Omit<StackPlace, 'name'>): StackRecord {
    const record = new StackRecord({ ...place, name: said.name }, new Date(createdAt), said.id);
    record.said = { ...said, createdAt: new Date(createdAt), ...(updatedAt !== undefined && { updatedAt: new Date(updatedAt) }) };
    record.source = kept.source;
    record.stands = kept.stands;
    record.policy = kept.policy;
    record.by = kept.by;
    record.happened = events.map((event) => ({ ...event, at: new Date(event.at) }));
    return record;
  }

  get file(): RecordFile {
    const { createdAt, updatedAt, deletedAt: _, ...said } = this.said;
    return {
      said,
      createdAt: createdAt.toISOString(),
      ...(updatedAt && { updatedAt: updatedAt.toISOString() }),
      source: this.source,
      stands: this.stands,
      ...(this.policy !== undefined && { policy: this.policy }),
      by: this.by,
      events: this.happened.slice(-MOST_KEPT_EVENTS).map((event) => ({ ...event, at: event.at.toISOString() })),
    };
  }

  get id(): string {
    return this.said.id;
  }

  get name(): string {
    return this.said.name;
  }

  get status(): StackStatus {
    return this.said.status;
  }

  get isNested(): boolean {
    return this.said.parentId !== undefined;
  }

  get description(): StackDescription {
    const { parameters, tags, capabilities } = this.source;
    return { ...this.said, parameters, tags, capabilities, outputs: this.outputs };
  }

  /** The newest first. */
  get events(): readonly StackEvent[] {
    return this.happened.toReversed();
  }

  get resources(): readonly StackResource[] {
    return [...this.statuses.values()].filter(({ status }) => status !== 'DELETE_COMPLETE' && status !== 'DELETE_SKIPPED');
  }

  /** By its name or its id. */
  changeSet(name: string): HeldChangeSet | undefined {
    return [...this.changeSets.values()].find((held) => held.name === name || held.id === name);
  }

  /** @throws CloudFormationError where something is being done to it, or its parent alone may do anything to it */
  requireRest(): void {
    const { id, status, rootId } = this.said;
    if (rootId !== undefined) throw invalid(`Stack:${id} is nested; it is changed, rolled back and deleted with ${rootId}.`);
    const isUnderWay = status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS';
    if (isUnderWay) throw invalid(`Stack:${id} is in ${status} state and can not be updated.`);
  }

  /** It is deployed. */
  standFrom(source: StackSource, by: Origin): void {
    this.source = source;
    this.by = by;
    this.stands = true;
  }

  /** What is there of it, where nobody has told of it one by one. */
  hold(resources: readonly StackResource[]): void {
    this.statuses = new Map(resources.map((resource) => [resource.logicalId, resource]));
  }

  say(more: Partial<Said>): void {
    this.said = { ...this.said, ...more };
  }

  moveTo(status: StackStatus, reason?: string): void {
    this.standAt(status, reason);
    this.onStatus?.(status, reason);
  }

  /** As {@link moveTo}, of what whoever looks on has been told otherwise. */
  standAt(status: StackStatus, reason?: string): void {
    if (BEGINNING.test(status)) this.operationId = randomUUID();
    const { statusReason: _, ...said } = this.said;
    this.said = { ...said, status, ...(reason !== undefined && { statusReason: reason }) };
    this.add({ logicalId: this.name, physicalId: this.id, type: 'AWS::CloudFormation::Stack', status, reason });
  }

  gone(): void {
    this.outputs = [];
    this.stands = false;
    this.say({ deletedAt: new Date() });
    this.standAt('DELETE_COMPLETE');
  }

  tell({ logicalId, physicalId, type, status, reason }: ResourceHappening): void {
    const known = this.statuses.get(logicalId);
    const physical = physicalId || known?.physicalId || '';
    // What a replacement leaves behind goes under the same logical id, which has another resource by then.
    const isLeftBehind = status.startsWith('DELETE') && known !== undefined && known.physicalId !== physical;
    if (!isLeftBehind)
      this.statuses.set(logicalId, {
        logicalId,
        physicalId: physical,
        type,
        status,
        at: new Date(),
        ...(reason !== undefined && { reason }),
      });
    this.add({ logicalId, physicalId: physical, type, status, reason });
  }

  private add(event: {
    logicalId: string;
    physicalId: string;
    type: string;
    status: ResourceStatus | StackStatus;
    reason: string | undefined;
  }): void {
    const { reason, ...said } = event;
    this.happened.push({
      ...said,
      id: `${said.logicalId}-${randomUUID()}`,
      stackId: this.id,
      stackName: this.name,
      at: nextMoment(),
      operationId: this.operationId,
      ...(reason !== undefined && { reason }),
      ...(this.clientToken !== undefined && { clientToken: this.clientToken }),
    });
    if (this.happened.length > MOST_EVENTS) this.happened.shift();
  }
}

let lastMoment = 0;

/**
 * Each a moment later than the one before, of all stacks: clients sort by time, and two of one moment would stand the wrong way round;
 * of a nested stack they ask for what has happened since its parent told of it.
 */
function nextMoment(): Date {
  lastMoment = Math.max(Date.now(), lastMoment + 1);
  return new Date(lastMoment);
}

export function arnPrefix({ region, account }: Pick<StackPlace, 'region' | 'account'>): string {
  return `arn:aws:cloudformation:${region}:${account}`;
}
