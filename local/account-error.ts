/** Why a local account could not be started or reached; a program can branch on `code`. */
export type LocalAccountErrorCode =
  /** The assembly holds what the local account does not run. */
  | 'UNSUPPORTED'
  /** The assembly or its wiring is wrong; AWS would refuse or fail as well. */
  | 'INVALID_ASSEMBLY'
  /** The edge's port is taken. */
  | 'PORT_TAKEN'
  /** A program of the fleet did not start or did not become healthy. */
  | 'NOT_HEALTHY'
  /** A custom resource or a function failed. */
  | 'CREATE_FAILED'
  /** A change of the account failed, and was rolled back as far as the message says. */
  | 'DEPLOYMENT_FAILED'
  /** No local account runs in this folder. */
  | 'NOT_RUNNING'
  /** A folder of state belongs to an account that runs. */
  | 'IN_USE'
  /** Several accounts run in one folder, and none was named. */
  | 'SEVERAL_RUNNING'
  /** The fleet has no such agent. */
  | 'UNKNOWN_AGENT'
  /** A fault names what there is not, or says what it cannot be. */
  | 'NO_SUCH_FAULT'
  /** The control server refused a request. */
  | 'REFUSED';

const BRAND = Symbol.for('cdk-mcp-fleet.LocalAccountError');

export class LocalAccountError extends Error {
  readonly [BRAND] = true;

  /** What an UNSUPPORTED error lists, one by one. */
  readonly problems: readonly string[];

  constructor(
    readonly code: LocalAccountErrorCode,
    message: string,
    { problems = [], ...options }: ErrorOptions & { readonly problems?: readonly string[] } = {},
  ) {
    super(message, options);
    this.problems = problems;
    this.name = 'LocalAccountError';
  }

  /** Holds also across two copies of this package. */
  static is(error: unknown): error is LocalAccountError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** One error that names every problem at once, so that a fix needs one round. */
export function unsupported(problems: readonly string[]): LocalAccountError {
  const list = problems.map((problem) => `  - ${problem}`).join('\n');
  return new LocalAccountError('UNSUPPORTED', `The local account cannot run this assembly:\n${list}`, { problems });
}
