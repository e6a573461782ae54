import { isResponse } from '../clients/messages';
import { SDK_ID } from '../clients/sdk';
import { executed, idsIn, type Observation, requestExpectation, shown, type Violation } from './observation';

/** What is to be refused is not executed. Its caller is told, with an error or a status; a notification needs no answer. */
export function refusal(observation: Observation): Violation[] {
  const { fleetDeeds, fleet, subject } = observation;
  if (requestExpectation(observation) !== 'refused') return [];
  const ran = executed(fleetDeeds);
  const first = fleet.sent[0];
  // Behind a balancer that answers by itself nothing can have run, whatever it is.
  if (ran.length > 0) return [violation(`${ran[0]?.name.slice(0, 60)} ran with ${shown(ran[0]?.args)}`)];
  if (first === undefined) return [];
  const results = first.messages.filter((message) => isResponse(message) && (message.error === undefined || message.error === null));
  const batch = first.text.startsWith('[');
  if (results.length > 0 && !batch && subject.values.framing !== 'length-twice')
    return [violation(`it was answered ${first.answer.status} ${shown(results[0])}`)];
  const silent = first.answer.status < 400 && first.messages.length === 0;
  const told = first.answer.end !== 'none' || subject.values.framing !== undefined || subject.values.repeated !== undefined;
  if (!told) return [violation('nothing was answered')];
  return silent && idsIn(first.text).length > 0 && first.text !== SDK_ID && first.answer.end !== 'none'
    ? [violation(`a request was answered ${first.answer.status} without a word`)]
    : [];
}

function violation(detail: string): Violation {
  return { property: 'refusal', detail };
}
