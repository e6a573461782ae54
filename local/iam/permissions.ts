/** What became of the permissions of an account in one run. */
export interface Permissions {
  /** Each action of each statement that allows something to a role, and how often it was what let a request pass. */
  readonly permissions: readonly PermissionRow[];
  readonly refused: readonly RefusalRow[];
}

export interface PermissionRow {
  /** Name of the role. */
  readonly role: string;
  /** `Stack/LogicalId` of the policy, and the number of the statement in it, from 0. */
  readonly policy: string;
  readonly statement: number;
  /** As the statement has it. */
  readonly action: string;
  readonly resources: readonly string[];
  /** 0: nobody has used it. */
  readonly used: number;
}

/** A request that the policies do not let pass; the same ones are counted. */
export interface RefusalRow {
  /** ARN of the role; of a service of AWS its name. */
  readonly who: string;
  readonly action: string;
  readonly resource: string;
  /** As AWS says it. */
  readonly text: string;
  /** JSON text of a statement that would allow it. */
  readonly missing: string;
  readonly times: number;
}
