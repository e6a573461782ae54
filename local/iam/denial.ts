import type { Asked, Refused } from './judge';
import { nameOf, type Principal } from './principal';

/** The text of AWS for who is refused (IAM User Guide, "Troubleshoot access denied error messages"), and what of the policies is not known here. */
export function denialText(principal: Principal, { action, resource }: Asked, { because, unknown }: Refused): string {
  const said = `User: ${nameOf(principal)} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  return unknown.length === 0 ? said : `${said} (the local account does not know ${unknown.join(', ')})`;
}

/** A statement that would allow it, for whoever reads that it was refused. */
export function missingStatement({ action, resource }: Asked): string {
  return JSON.stringify({ Effect: 'Allow', Action: action, Resource: resource });
}
