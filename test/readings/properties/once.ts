import { changes } from './ledger';
import { answerExpectation, answerValues, executed, type Observation, type Violation } from './observation';

/** Values of the dimension `key` under which several calls name one intent. */
const ONE_INTENT = /^again(?!-without-key)/;
/** What a read may be asked again where its answer was lost. */
const READ_ATTEMPTS = 2;

/** Nothing runs more often than it was sent, and once under one key. */
export function once(observation: Observation): Violation[] {
  const { fleetDeeds, fleet, subject } = observation;
  const ran = executed(fleetDeeds);
  if (ran.length === 0) return [];
  const tool = ran[0]?.name as string;
  const lost = answerExpectation(observation) !== 'same' || answerValues(subject).some(({ states }) => states !== undefined);
  const allowed = ONE_INTENT.test(subject.values.key ?? '')
    ? 1
    : Math.max(1, fleet.sent.length) * (!changes(tool) && lost ? READ_ATTEMPTS : 1);
  return ran.length <= allowed
    ? []
    : [{ property: 'once', detail: `${tool.slice(0, 60)} ran ${ran.length} times; ${allowed} is right for ${fleet.sent.length} sent` }];
}
