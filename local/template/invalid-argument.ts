import { LocalAccountError } from '../account-error';

/** What stands at a place of a template and cannot be used there. */
export function invalid(path: string, got: string | undefined, allowed: string): LocalAccountError {
  return new LocalAccountError('INVALID_ASSEMBLY', `${path} has ${got}; allowed is ${allowed}.`);
}
