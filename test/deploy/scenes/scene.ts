import assert from 'node:assert/strict';
import type { Bank } from '../../chaos/bank';
import type { Attempt } from '../../suites/program';
import type { Steps } from '../../suites/steps';
import type { Account } from '../account';
import type { Former } from '../former';

/** What a scene is given. */
export interface Scene {
  /** An account with nothing in it, of its own. */
  readonly account: Account;
  readonly steps: Steps;
  /** The journal of what servers execute. */
  readonly bank: Bank;
  /** Folder of the servers' programs. */
  readonly programs: string;
  /** Folder for what is synthesized. */
  readonly assemblies: string;
  /** Builds the version of this project that stood before this one. */
  readonly former: () => Promise<Former>;
}

/** Types `cdk deploy`, as somebody who has looked at the changes already. */
export function deploy(account: Account, assembly: string): Promise<Attempt> {
  return account.cdk('deploy', assembly, '--require-approval', 'never', '--progress', 'events');
}

/** @throws AssertionError with everything that was written, unless the command has ended well and shows what is looked for */
export function succeeded({ code, output }: Attempt, shows: RegExp): Attempt {
  assert.equal(code, 0, output);
  assert.match(output, shows);
  return { code, output };
}

/** @throws AssertionError with everything that was written, unless the command has failed and says why in these words */
export function refused({ code, output }: Attempt, words: RegExp): void {
  assert.equal(code, 1, output);
  // The command line breaks lines of what it is told.
  assert.match(output.replaceAll(/\s+/g, ' '), words);
}
