import { type Heard, isResponse } from '../clients/messages';
import { toolOf } from '../generator/request';
import { changes } from './ledger';
import {
  answerExpectation,
  executed,
  likelyResponse,
  type Observation,
  requestExpectation,
  responseTo,
  sameValue,
  shown,
  type Violation,
} from './observation';

/** What a server accepts directly is executed through us with the same value, and answered with the same value. */
export function arrival(observation: Observation): Violation[] {
  const expected = requestExpectation(observation);
  if (expected !== 'same' && expected !== 'accepted') return [];
  if (isCall(observation)) {
    const missing = missingExecution(observation, expected === 'accepted');
    if (missing.length > 0) return missing;
  }
  const cancelled = observation.fleetDeeds.some(({ what }) => what === 'cancelled');
  if (cancelled && changes(toolOf(observation.subject)))
    return [violation('the cancellation of a call that changes something reached its server')];
  return answerExpectation(observation) === 'same' ? otherAnswer(observation, expected === 'accepted') : [];
}

function isCall({ subject }: Observation): boolean {
  return ['call', 'batch-of-one', 'batch-with-list'].includes(subject.values.message ?? 'call');
}

/** @param evenSo also what the server refuses when it is called directly */
function missingExecution({ directDeeds, fleetDeeds, fleet, direct, subject }: Observation, evenSo: boolean): Violation[] {
  const [there] = executed(directDeeds);
  const [here] = executed(fleetDeeds);
  const ran = there !== undefined || (evenSo && !('status' in subject.values));
  if (ran && here === undefined)
    return [
      violation(
        `it was not executed; directly it was ${there === undefined ? 'refused' : 'executed'}; through us came ${told(fleet.sent.at(0))}`,
      ),
    ];
  if (there === undefined || here === undefined) return [];
  if (there.name !== here.name) return [violation(`directly ${there.name} ran, through us ${here.name}`)];
  // The two ways differ in their marks, which stand among the arguments. Null for none goes upstream as none.
  if (sameValue(unmarked(there.args ?? undefined), unmarked(here.args ?? undefined))) return [];
  return [violation(`directly it ran with ${shown(there.args)}, through us with ${shown(here.args)}; ${direct.sent.length} sent`)];
}

/** @param evenSo also what the server refuses when it is called directly */
function otherAnswer({ direct, fleet, subject }: Observation, evenSo: boolean): Violation[] {
  if (subject.values.client !== 'raw')
    return otherSdkAnswer(fleet.sent[0]?.messages[0], direct.sent[0] === undefined ? undefined : likelyResponse(direct.sent[0]));
  return fleet.sent.slice(0, 1).flatMap((sent, at) => {
    const there = direct.sent[at] === undefined ? undefined : likelyResponse(direct.sent[at]);
    const here = responseTo(sent);
    if (there === undefined) return evenSo && here?.result === undefined ? [violation(`it got no result but ${told(sent)}`)] : [];
    if (here === undefined) return [violation(`directly came ${shown(there)}, through us ${told(sent)}`)];
    return evenSo && there.result === undefined && here.result !== undefined ? [] : differing(there, here);
  });
}

function otherSdkAnswer(here: Heard | undefined, there: Heard | undefined): Violation[] {
  return here === undefined || there === undefined ? [] : differing(asSdkTells(there), asSdkTells(here));
}

/** An official client keeps to itself what it needs to know alone. */
function asSdkTells({ result, ...rest }: Heard): Heard {
  if (typeof result !== 'object' || result === null) return { ...rest, result };
  return { ...rest, result: Object.fromEntries(Object.entries(result).filter(([name]) => !KEPT_BY_SDK.includes(name))) };
}

const KEPT_BY_SDK = ['resultType', 'ttlMs', 'cacheScope', '__proto__'];

function differing(there: Heard, here: Heard): Violation[] {
  if (there.error !== undefined && there.error !== null) {
    const alike = here.error !== undefined && codeOf(there) === codeOf(here);
    return alike || here.error !== undefined ? [] : [violation(`directly came the error ${shown(there.error)}, through us ${shown(here)}`)];
  }
  const [one, other] = [comparable(there.result), comparable(here.result)];
  return sameValue(one, other) ? [] : [violation(`directly came ${shown(one)}, through us ${shown(here.error ?? other)}`)];
}

function codeOf({ error }: Heard): unknown {
  return typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
}

/** A result without what differs by right: our stamp, the forged one, tools that were not granted, and the mark. */
function comparable(result: unknown): unknown {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return result;
  const { _meta, tools, ...rest } = result as { _meta?: unknown; tools?: unknown };
  const meta =
    typeof _meta === 'object' && _meta !== null
      ? Object.fromEntries(Object.entries(_meta).filter(([name]) => !name.startsWith('cdk-mcp-fleet/')))
      : {};
  const listed = Array.isArray(tools)
    ? { tools: tools.filter((tool) => (tool as { name?: unknown } | null)?.name !== undefined).length > 0 }
    : {};
  return unmarked({ ...rest, ...(Object.keys(meta).length > 0 && { _meta: meta }), ...listed });
}

/** A value in which marks of the two ways are one. */
function unmarked(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(MARKS, 'MARK');
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'object' ? item : unmarked(item))).map((item) => shallow(item));
  return typeof value === 'object' && value !== null ? shallow(value) : value;
}

function shallow(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      Array.isArray(item) && name === 'content' ? item.map(shallow) : typeof item === 'string' ? item.replace(MARKS, 'MARK') : item,
    ]),
  );
}

const MARKS = /\b[\w.]+~\d+~[df]\d*/g;

function told(sent: Observation['fleet']['sent'][number] | undefined): string {
  if (sent === undefined) return 'nothing, for it was never sent';
  const responses = sent.messages.filter(isResponse);
  return `${sent.answer.status} (${sent.answer.end}) ${responses.length > 0 ? shown(responses) : sent.answer.body.toString().slice(0, 300)}`;
}

function violation(detail: string): Violation {
  return { property: 'arrival', detail };
}
