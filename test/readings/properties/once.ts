import type { Heard } from '../clients/messages';
import { changes } from './ledger';
import {
  answerExpectation,
  answerValues,
  executed,
  type Observation,
  requestExpectation,
  responseTo,
  shown,
  type Violation,
} from './observation';

/** Values of the dimension `key` under which the later calls are the first one again. */
const SAME_INTENT = ['again', 'again-under-other-id', 'again-equal-numbers', 'again-other-order'];
/** Those under which they are other calls with the first one's key. */
const OTHER_INTENT = ['again-more-digits', 'again-negative-zero', 'again-tiny', 'again-other-value'];
/** Those under which the second call answers what the server asked in the first, and a third begins again. */
const ROUNDS = ['rounds-gone-on', 'rounds-begun-again'];
/** What a read may be asked again where its answer was lost. */
const READ_ATTEMPTS = 2;

/** Nothing runs more often than it was sent, and once under one key: the same call is answered from its row, another one is refused. */
export function once(observation: Observation): Violation[] {
  return [...tooOften(observation), ...wronglyRepeated(observation)].map((detail) => ({ property: 'once', detail }));
}

function tooOften(observation: Observation): string[] {
  const { fleetDeeds, fleet, subject } = observation;
  const ran = executed(fleetDeeds);
  if (ran.length === 0) return [];
  const tool = ran[0]?.name as string;
  const lost = answerExpectation(observation) !== 'same' || answerValues(subject).some(({ states }) => states !== undefined);
  const oneIntent = [...SAME_INTENT, ...OTHER_INTENT, ...ROUNDS].includes(subject.values.key ?? '');
  const allowed = oneIntent ? 1 : Math.max(1, fleet.sent.length) * (!changes(tool) && lost ? READ_ATTEMPTS : 1);
  return ran.length <= allowed ? [] : [`${tool.slice(0, 60)} ran ${ran.length} times; ${allowed} is right for ${fleet.sent.length} sent`];
}

/** Looked at where nothing else is odd. */
function wronglyRepeated(observation: Observation): string[] {
  const { subject, fleet, direct } = observation;
  const { key = '' } = subject.values;
  const plain = requestExpectation(observation) === 'same' && answerValues(subject).length === 0;
  const [first, ...later] = fleet.sent;
  if (!plain || first === undefined || direct.sent.length === 0 || responseTo(first)?.result === undefined) return [];
  if (ROUNDS.includes(key)) return wrongRounds(later.map(responseTo));
  return later.flatMap((sent) => {
    const response = responseTo(sent);
    if (SAME_INTENT.includes(key) && !isReplay(response)) return [`the same call came again and was answered ${shown(response)}`];
    if (OTHER_INTENT.includes(key) && response?.error === undefined) return [`another call under its key was answered ${shown(response)}`];
    return [];
  });
}

function wrongRounds([second, third]: readonly (Heard | undefined)[]): string[] {
  const gone = second?.result !== undefined && !isReplay(second) ? [] : [`the second round was answered ${shown(second)}`];
  return third === undefined || isReplay(third) ? gone : [...gone, `the call that was begun again was answered ${shown(third)}`];
}

function isReplay(response: Heard | undefined): boolean {
  return (
    (response?.result as { _meta?: Record<string, { replayed?: boolean }> } | undefined)?._meta?.['cdk-mcp-fleet/call']?.replayed === true
  );
}
