import { arrival } from './arrival';
import { judged } from './judged';
import { ledger } from './ledger';
import type { Observation, Property, Violation } from './observation';
import { once } from './once';
import { policy } from './policy';
import { refusal } from './refusal';
import { release } from './release';

const ALL: readonly Property[] = [policy, refusal, arrival, ledger, once, judged, release];

/** Everything that is not right about a case. */
export function judge(observation: Observation): Violation[] {
  return ALL.flatMap((property) => property(observation));
}
