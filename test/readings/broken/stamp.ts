import { readMembers } from '../../../core/json-members';
import { STAMP_KEY, type Stamp, stampResult as stampAnew } from '../../../core/stamp';

export * from '../../../core/stamp';

export function stampResult(result: string, stamp?: Stamp): string {
  const standing = readMembers(readMembers(result).get('_meta')).has(STAMP_KEY);
  return standing ? result : stampAnew(result, stamp);
}
