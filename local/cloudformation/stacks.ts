/** What CloudFormation knows of the account's stacks, and does with them; the words are those of its API (2010-05-15). */
export interface Stacks {
  list(): readonly StackDescription[];
  /** @param stack name, or id of one that may be deleted; of several with a name the one that is not */
  find(stack: string): StackDescription | undefined;
  /** The template as it was given. */
  template(stack: string): string;
  /** The newest first. */
  events(stack: string): readonly StackEvent[];
  resources(stack: string): readonly StackResource[];
  /** Every exported output of every stack. */
  exports(): readonly StackExport[];
  /** Names of the stacks that import an export. */
  importers(exported: string): readonly string[];
  /** Resolves when it is CREATE_COMPLETE or FAILED, as with "didn't contain changes". */
  createChangeSet(request: ChangeSetRequest): Promise<ChangeSet>;
  changeSet(stack: string, name: string): ChangeSet | undefined;
  changeSets(stack: string): readonly ChangeSet[];
  deleteChangeSet(stack: string, name: string): void;
  /** Begins; how it goes on, the events tell. */
  executeChangeSet(stack: string, name: string, options?: ExecutionOptions): void;
  /** CreateStack and UpdateStack: a change set that is executed at once. Rejects where nothing changes. */
  deploy(request: Omit<ChangeSetRequest, 'name'>, options?: ExecutionOptions): Promise<StackDescription>;
  /** Begins. */
  delete(stack: string, options?: { readonly retain?: readonly string[]; readonly clientToken?: string }): void;
  /** Begins the rollback of a stack in UPDATE_FAILED or CREATE_FAILED (`--no-rollback`), or goes on with one that failed. */
  rollback(stack: string, options?: RollbackOptions): void;
  policy(stack: string): string | undefined;
  setPolicy(stack: string, policy: string): void;
  setTerminationProtection(stack: string, enabled: boolean): void;
}

export interface ExecutionOptions {
  /** Leave a failed deployment as it is. */
  readonly disableRollback?: boolean;
  readonly clientToken?: string;
}

export interface RollbackOptions {
  readonly clientToken?: string;
  /** Logical ids of resources that are left as they are. */
  readonly skip?: readonly string[];
}

export type StackStatus =
  | 'REVIEW_IN_PROGRESS'
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'CREATE_FAILED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_COMPLETE'
  | 'ROLLBACK_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_FAILED'
  | 'UPDATE_ROLLBACK_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE'
  | 'UPDATE_ROLLBACK_FAILED'
  | 'IMPORT_IN_PROGRESS'
  | 'IMPORT_COMPLETE'
  | 'IMPORT_ROLLBACK_IN_PROGRESS'
  | 'IMPORT_ROLLBACK_COMPLETE'
  | 'DELETE_IN_PROGRESS'
  | 'DELETE_COMPLETE'
  | 'DELETE_FAILED';

export type ResourceStatus =
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'CREATE_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_FAILED'
  | 'DELETE_IN_PROGRESS'
  | 'DELETE_COMPLETE'
  | 'DELETE_FAILED'
  | 'DELETE_SKIPPED'
  | 'IMPORT_IN_PROGRESS'
  | 'IMPORT_COMPLETE'
  | 'IMPORT_FAILED';

export interface StackDescription {
  /** ARN. */
  readonly id: string;
  readonly name: string;
  readonly status: StackStatus;
  readonly statusReason?: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly outputs: readonly StackOutput[];
  readonly createdAt: Date;
  readonly updatedAt?: Date;
  readonly deletedAt?: Date;
  readonly terminationProtection: boolean;
  readonly disableRollback: boolean;
  readonly notificationArns?: readonly string[];
  readonly roleArn?: string;
  /** Of the last change set that was executed. */
  readonly changeSetId?: string;
  /** Of a nested stack. */
  readonly parentId?: string;
  readonly rootId?: string;
}

export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  readonly exportName?: string;
}

export interface StackExport {
  readonly stackId: string;
  readonly name: string;
  readonly value: string;
}

export interface StackEvent {
  readonly id: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly at: Date;
  /** Of a resource, or of the stack itself. */
  readonly status: ResourceStatus | StackStatus;
  readonly reason?: string;
  readonly clientToken?: string;
  /** The same of all that one operation does; the rollback of an operation has another one. */
  readonly operationId: string;
}

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: ResourceStatus;
  readonly reason?: string;
  readonly at: Date;
}

export interface ChangeSetRequest {
  readonly stack: string;
  readonly name: string;
  readonly kind: 'CREATE' | 'UPDATE' | 'IMPORT';
  /** Text of the template; the stack's own one when absent (UsePreviousTemplate). */
  readonly template?: string;
  /** A value, or the one that the stack has (UsePreviousValue). */
  readonly parameters: Readonly<Record<string, string | { readonly previous: true }>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly description?: string;
  readonly notificationArns?: readonly string[];
  readonly roleArn?: string;
  /** Whether a resource with a name that exists already is taken into the stack (`--import-existing-resources`). */
  readonly importExisting?: boolean;
  /** Logical ids and identifiers of what exists already. */
  readonly imports?: readonly {
    readonly logicalId: string;
    readonly type: string;
    readonly identifier: Readonly<Record<string, string>>;
  }[];
}

export interface ChangeSet {
  /** ARN. */
  readonly id: string;
  readonly name: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly kind: ChangeSetRequest['kind'];
  readonly status: 'CREATE_COMPLETE' | 'FAILED' | 'DELETE_COMPLETE';
  readonly statusReason?: string;
  readonly executionStatus: 'AVAILABLE' | 'UNAVAILABLE' | 'EXECUTE_IN_PROGRESS' | 'EXECUTE_COMPLETE' | 'EXECUTE_FAILED' | 'OBSOLETE';
  readonly createdAt: Date;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly changes: readonly ResourceChange[];
}

export interface ResourceChange {
  readonly action: 'Add' | 'Modify' | 'Remove' | 'Import';
  readonly logicalId: string;
  readonly physicalId?: string;
  readonly type: string;
  /** Of a modification: `Conditional` where a value decides that is known only when another resource has changed. */
  readonly replacement?: 'True' | 'False' | 'Conditional';
  /** What becomes of the physical resource that is removed or replaced. */
  readonly policyAction?: 'Delete' | 'Retain' | 'Snapshot' | 'ReplaceAndDelete' | 'ReplaceAndRetain' | 'ReplaceAndSnapshot';
  readonly details: readonly PropertyChange[];
}

export interface PropertyChange {
  /** Name of the property; absent for `Tags`, `Metadata`, a policy. */
  readonly property?: string;
  readonly attribute: 'Properties' | 'Metadata' | 'Tags' | 'DeletionPolicy' | 'UpdateReplacePolicy' | 'CreationPolicy' | 'UpdatePolicy';
  readonly recreation: 'Never' | 'Conditionally' | 'Always';
  /** `Logical.Attribute`, or a logical id, whose change is the cause. */
  readonly cause?: string;
}

/** An answer of the API that refuses (CloudFormation, Common Errors, and those of each action). */
export class CloudFormationError extends Error {
  constructor(
    readonly code:
      | 'ValidationError'
      | 'AlreadyExistsException'
      | 'ChangeSetNotFound'
      | 'InvalidChangeSetStatus'
      | 'InsufficientCapabilitiesException'
      | 'LimitExceededException',
    message: string,
  ) {
    super(message);
  }
}

/** What most of its refusals are. */
export function invalid(message: string): CloudFormationError {
  return new CloudFormationError('ValidationError', message);
}
