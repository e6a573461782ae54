import { STAMP_KEY } from '../../../core/stamp';
import type { Sent } from '../clients/leg';
import { eventsOf, type Heard, isResponse } from '../clients/messages';
import { parseLeniently } from '../generator/lenient-json';
import { FORBIDDEN } from '../servers/tools';
import {
  answerExpectation,
  answerValues,
  idsIn,
  type Observation,
  requestExpectation,
  sameValue,
  shown,
  type Violation,
} from './observation';

const OWN_PREFIX = 'cdk-mcp-fleet/';
const FORGED = 'forged';

/** Nothing a server says reaches an agent unjudged. */
export function judged(observation: Observation): Violation[] {
  const { fleet } = observation;
  const found = fleet.sent.flatMap((sent) => [
    ...strangers(sent.messages, idsIn(sent.text), sent.answer.status),
    ...sent.messages.filter(isResponse).flatMap((message) => wrongly(message, observation)),
    ...ambiguous(sent),
  ]);
  // The standalone stream passes requests and notifications only.
  const overheard = fleet.heard.filter(isResponse).map((message) => `the GET stream brought the response ${shown(message)}`);
  return [...found, ...overheard, ...taken(observation)].map((detail) => ({ property: 'judged', detail }));
}

/** What nobody can read as the response is not given for one, where it is all that is odd. */
function taken(observation: Observation): string[] {
  const { subject, fleet } = observation;
  const { listResult, resumed, key = '' } = subject.values;
  // A list is written anew, a call that asks first is not answered by the script, and what is resumed comes whole the second time.
  if (answerValues(subject).length !== 1 || listResult !== undefined || resumed !== undefined || key.startsWith('rounds')) return [];
  if (answerExpectation(observation) !== 'refused' || requestExpectation(observation) !== 'same') return [];
  const result = fleet.sent[0]?.messages.find((message) => isResponse(message) && message.result !== undefined);
  return result === undefined ? [] : [`what is no response was given for one: ${shown(result)}`];
}

/** A response is one to a request of this agent, under the id that it wrote, and the only one. */
function strangers(messages: readonly Heard[], ids: readonly unknown[], status: number): string[] {
  const responses = messages.filter(isResponse);
  const foreign = responses.filter(({ id }) => !ids.includes(id) && !(id === null || id === undefined));
  // An error that belongs to no request has no id; a refusal by status may have none either.
  const nameless = responses.filter(
    ({ id, error }) => (id === null || id === undefined) && ids.length > 0 && status < 400 && error === undefined,
  );
  const repeated = ids.filter(
    (id, at) =>
      ids.indexOf(id) === at && responses.filter((message) => message.id === id).length > ids.filter((other) => other === id).length,
  );
  return [
    ...foreign.map((message) => `a response to nobody's request came: ${shown(message)}`),
    ...nameless.map((message) => `a response without an id came: ${shown(message)}`),
    ...repeated.map((id) => `several responses to ${shown(id)} came`),
  ];
}

function wrongly(message: Heard, observation: Observation): string[] {
  const { error } = message;
  return typeof error === 'object' && error !== null ? wrongError(error, observation) : wrongResult(message.result, observation);
}

function wrongResult(result: unknown, { granted, rows, subject }: Observation): string[] {
  if (typeof result !== 'object' || result === null) return [`a result that is no object came: ${shown(result)}`];
  const { tools, _meta } = result as { tools?: unknown; _meta?: unknown };
  // What a tool answers may hold anything, under that name, too.
  const listed = isCallResult(result) && subject.values.message !== 'list' ? [] : [tools ?? []].flat();
  const hidden = listed.filter((tool) => !granted.includes(String((tool as { name?: unknown } | null)?.name)));
  const shownTools = hidden.map((tool) => `a tool that was not granted is shown: ${shown(tool)}`);
  const smuggled =
    subject.values.message === 'list' && JSON.stringify(result).includes(`"${FORBIDDEN}"`)
      ? [`the list names ${FORBIDDEN}: ${shown(result)}`]
      : [];
  const meta = typeof _meta === 'object' && _meta !== null ? (_meta as Record<string, unknown>) : {};
  const foreign = Object.keys(meta).filter((name) => name.startsWith(OWN_PREFIX) && name !== STAMP_KEY);
  const forged = foreign.map((name) => `a member of ours came that we did not write: ${name}`);
  return [
    ...shownTools,
    ...smuggled,
    ...forged,
    ...(isCallResult(result) && subject.values.message !== 'list' ? wrongStamp(meta[STAMP_KEY], rows) : []),
  ];
}

function isCallResult(result: object): boolean {
  return 'content' in result || 'task' in result;
}

function wrongStamp(stamp: unknown, rows: Observation['rows']): string[] {
  const { callId, outcome, state } = (stamp ?? {}) as { callId?: string; outcome?: string; state?: string };
  const row = rows.find((candidate) => candidate.callId === callId);
  if (stamp === undefined) return ['the result of a call has no stamp'];
  if (row === undefined) return [`the stamp ${shown(stamp)} names no row`];
  const said = outcome ?? state;
  return row.state === said ? [] : [`the stamp says ${said}, the row ${row.state}`];
}

/** What an error says in our words is what the ledger says. */
function wrongError(error: object, { rows }: Observation): string[] {
  const { data } = error as { data?: { callId?: unknown; outcome?: unknown; retry?: unknown; error?: unknown } };
  if (typeof data !== 'object' || data === null) return [];
  if (data.callId === FORGED) return [`a server speaks in our words: ${shown(data)}`];
  const row = rows.find(({ callId }) => callId === data.callId);
  if (row === undefined || data.outcome === undefined || data.error === 'IN_PROGRESS' || data.error === 'KEY_REUSED') return [];
  return row.state === data.outcome ? [] : [`the agent is told ${data.outcome} (${data.error}), the row says ${row.state}`];
}

/** Whoever takes the first of two members, and whoever takes the last, reads the same of what is judged. */
function ambiguous({ answer }: Sent): string[] {
  const type = answer.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  const texts = type.startsWith('text/event-stream') ? eventsOf(answer.body).map(({ data }) => data) : [answer.body.toString()];
  return texts
    .filter((text) => text.startsWith('{'))
    .flatMap((text) => {
      const [first, last] = [judgedOf(text, 'first'), judgedOf(text, 'last')];
      return sameValue(first, last) ? [] : [`two readers read two answers: ${shown(first)} and ${shown(last)}`];
    });
}

function judgedOf(text: string, duplicates: 'first' | 'last'): unknown {
  try {
    const { id, error, result, method } = parseLeniently(text, { duplicates, folds: false }) as Heard;
    const { isError, _meta, resultType, tools } = (result ?? {}) as Record<string, unknown>;
    return { id, error, method, isError, resultType, stamp: (_meta as Record<string, unknown> | null | undefined)?.[STAMP_KEY], tools };
  } catch {
    return undefined; // nobody reads it
  }
}
