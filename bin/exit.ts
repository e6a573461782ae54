import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { LocalAccountError, type LocalAccountErrorCode } from '../local/account-error';

/** How the command line ends; a script can branch on it. */
export const EXIT = {
  OK: 0,
  /** Our own bug. */
  BUG: 1,
  /** A wrong option, argument or name. */
  USAGE: 2,
  /** What was asked for was looked at, and the answer is no: a failed check, an app that does not synthesize, an unknown call. */
  NO: 3,
  /** The machine: a taken port, no running account, a program that does not start. */
  ENVIRONMENT: 4,
  /** Of `mcp-fleet env`, as of a shell (POSIX, Shell Command Language, 2.8.2): its command is a file that is no program, or not there. */
  NO_PROGRAM: 126,
  NO_COMMAND: 127,
  /** SIGINT; 128 + 2. */
  INTERRUPTED: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end that the user can do something about: one sentence with what was wrong, and one with the way out. */
export class CommandError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly fix?: string,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

const OF_LOCAL_ACCOUNT: Readonly<Record<LocalAccountErrorCode, ExitCode>> = {
  UNSUPPORTED: EXIT.NO,
  INVALID_ASSEMBLY: EXIT.NO,
  PORT_TAKEN: EXIT.ENVIRONMENT,
  NOT_HEALTHY: EXIT.ENVIRONMENT,
  DEPLOYMENT_FAILED: EXIT.NO,
  CREATE_FAILED: EXIT.ENVIRONMENT,
  NOT_RUNNING: EXIT.ENVIRONMENT,
  IN_USE: EXIT.ENVIRONMENT,
  SEVERAL_RUNNING: EXIT.USAGE,
  UNKNOWN_AGENT: EXIT.USAGE,
  NO_SUCH_FAULT: EXIT.USAGE,
  REFUSED: EXIT.ENVIRONMENT,
};

const WORDS: Readonly<Record<number, string>> = { 1: 'BUG', 2: 'USAGE', 3: 'NO', 4: 'ENVIRONMENT', 126: 'ENVIRONMENT', 127: 'ENVIRONMENT' };

/** An error as scripts read it (docs/checks.md). */
export interface ErrorDocument {
  /** That of the local account where it has one, else the word of the exit code: BUG, USAGE, NO, ENVIRONMENT. */
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
}

/** What a script is told of an error; undefined where there is none, as after `--help`. */
export function errorDocument(error: unknown): ErrorDocument | undefined {
  const { exitCode, text } = ending(error);
  if (exitCode === EXIT.OK) return undefined;
  const code = LocalAccountError.is(error) ? error.code : (WORDS[exitCode] ?? 'BUG');
  if (error instanceof CommandError) return { code, message: error.message, ...(error.fix !== undefined && { fix: error.fix }) };
  return { code, message: error instanceof CommanderError ? error.message.replace(/^error: /, '') : text };
}

/** What to tell of an error, and how to end. */
export function ending(error: unknown): { readonly exitCode: number; readonly text: string } {
  // commander has said it already
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? EXIT.OK : EXIT.USAGE, text: '' };
  if (error instanceof CommandError) {
    return { exitCode: error.exitCode, text: error.fix ? `${error.message}\n  fix  ${error.fix}` : error.message };
  }
  if (LocalAccountError.is(error)) return { exitCode: OF_LOCAL_ACCOUNT[error.code], text: error.message };
  const said = saidByAws(error);
  if (said !== undefined) {
    return { exitCode: EXIT.ENVIRONMENT, text: `AWS was asked, and did not serve: ${said.name}: ${said.message}${fixOf(said)}` };
  }
  return { exitCode: EXIT.BUG, text: `This is a bug of cdk-mcp-fleet; please report it with the lines below.\n${inspect(error)}` };
}

/** What the SDK says instead of an answer, before or after it has asked: the machine's, the role's or the service's. */
const OF_THE_SDK = ['CredentialsProviderError', 'TimeoutError', 'TokenProviderError'];

/** The ledger's own errors have it for their cause. */
function saidByAws(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const isIt = '$metadata' in error || OF_THE_SDK.includes(error.name) || /^Region is missing/.test(error.message);
  return isIt ? error : saidByAws(error.cause);
}

function fixOf({ name, message }: Error): string {
  if (/^AccessDenied|not authorized/i.test(`${name} ${message}`))
    return '\n  fix  fleet.grantOperate(role), or grantReadLedger(role), lets a role do it (docs/operations.md)';
  if (name === 'CredentialsProviderError') return '\n  fix  --profile NAME, or credentials in the environment';
  return message.startsWith('Region is missing') ? '\n  fix  --region NAME, or AWS_REGION' : '';
}
