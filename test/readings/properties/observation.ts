import { gunzipSync } from 'node:zlib';
import type { LedgerRow } from '../../../ledger/row';
import type { Leg, Sent } from '../clients/leg';
import { type Heard, isResponse } from '../clients/messages';
import { ANSWER_DIMENSIONS, type AnswerValue } from '../generator/answers';
import { type Case, DIMENSIONS, expectationOf, REQUEST_DIMENSIONS } from '../generator/case';
import type { Expectation } from '../generator/dimension';
import { type LinesValue, output } from '../generator/lines';
import type { Deed } from '../servers/journal';

/** A case as it went on both ways, and what servers and ledger hold of it. */
export interface Observation {
  readonly subject: Case;
  readonly granted: readonly string[];
  readonly direct: Leg;
  readonly fleet: Leg;
  readonly directDeeds: readonly Deed[];
  readonly fleetDeeds: readonly Deed[];
  readonly rows: readonly LedgerRow[];
  /** Children of the case that still ran when it was over. */
  readonly leftChildren: readonly string[];
}

export interface Violation {
  readonly property: PropertyName;
  /** One sentence. */
  readonly detail: string;
}

/** The properties, in the words of docs/readings.md. */
export const PROPERTIES = {
  policy: 'what policy read is what the server executed',
  arrival: 'what a server accepts directly arrives with the same value',
  refusal: 'what is refused is not executed, and its caller is told',
  ledger: 'nothing runs without a row, and rows say what happened',
  once: 'nothing runs more often than it was sent',
  release: 'nothing stays open',
  judged: 'nothing a server says reaches an agent unjudged',
  health: '/healthz keeps answering',
} as const;

export type PropertyName = keyof typeof PROPERTIES;
export type Property = (observation: Observation) => Violation[];

/** Rows of calls that a server may have seen: not the note that a repetition was answered from another row. */
export function callRows({ rows }: Observation): LedgerRow[] {
  return rows.filter(({ reason }) => !/^(REPLAYED|FENCED): /.test(reason ?? ''));
}

export function executed(deeds: readonly Deed[]): Deed[] {
  return deeds.filter(({ what }) => what === 'executed');
}

/** What is right for the request, whatever its answer is. */
export function requestExpectation({ subject }: Pick<Observation, 'subject'>): Expectation {
  return expectationOf(subject, [...Object.keys(REQUEST_DIMENSIONS), 'sessionId', 'opening', 'balancer']);
}

/** How the server was told to answer, where it was. */
export function answerValues({ values }: Case): AnswerValue[] {
  const found: (AnswerValue | undefined)[] = Object.entries(ANSWER_DIMENSIONS).map(([name, table]) => {
    const value = values[name];
    return value === undefined ? undefined : (table as Readonly<Record<string, AnswerValue>>)[value];
  });
  const lines: LinesValue | undefined = output[values.output ?? ''];
  return [...found, lines as AnswerValue | undefined].filter((value) => value !== undefined);
}

/** Whether the server said that the session is gone, which is believed for what changes nothing. */
export function saysGone({ subject }: Pick<Observation, 'subject'>): boolean {
  return answerValues(subject).some(({ gone }) => gone === true);
}

/** Whether the call goes on as a task: then its row is settled by the end of that. */
export function goesOn(subject: Case): boolean {
  return answerValues(subject).some(({ states }) => states?.includes('sent'));
}

/** What is right for the answer. */
export function answerExpectation({ subject }: Pick<Observation, 'subject'>): Expectation {
  return expectationOf(subject, [...Object.keys(ANSWER_DIMENSIONS), 'output']);
}

/** Deviations of a case, for people. */
export function deviations({ values }: Case): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    DIMENSIONS[name]?.[value] === undefined || value === 'call' ? [] : [`${name}=${value}`],
  );
}

/** The ids of the requests of a text: of one message, or of a batch. */
export function idsIn(text: string): unknown[] {
  try {
    const messages = [JSON.parse(text.replace(/^\ufeff/, '')) as unknown].flat() as ({ id?: unknown; method?: unknown } | null)[];
    return messages.flatMap((message) => (message?.id === undefined || message.id === null ? [] : [message.id]));
  } catch {
    return [];
  }
}

/** The response to a request, by an id that is the very same. */
export function responseTo({ text, messages }: Sent): Heard | undefined {
  const [id] = idsIn(text);
  return messages.find((message) => isResponse(message) && message.id === id);
}

/** The response that a careless client takes: by an id that looks the same. */
export function likelyResponse({ text, messages }: Sent): Heard | undefined {
  const [id] = idsIn(text);
  return messages.find((message) => isResponse(message) && String(message.id) === String(id));
}

/** The arguments that a row holds; undefined where it holds their digest only. */
export function argumentsIn(row: LedgerRow): unknown {
  if (row.argumentsEncoding === 'omitted') return undefined;
  return JSON.parse(row.argumentsEncoding === 'gzip' ? gunzipSync(Buffer.from(row.arguments, 'base64')).toString() : row.arguments);
}

/** Whether two JSON values are one; -0 is not 0. Goes as deep as they do. */
export function sameValue(one: unknown, other: unknown): boolean {
  const open: [unknown, unknown][] = [[one, other]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [a, b] = pair;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      if (!Object.is(a, b)) return false;
      continue;
    }
    const names = Object.keys(a);
    if (Array.isArray(a) !== Array.isArray(b) || names.length !== Object.keys(b).length) return false;
    for (const name of names) {
      if (!Object.hasOwn(b, name)) return false;
      open.push([(a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]]);
    }
  }
  return true;
}

/** A value for people: short, however large or deep it is. */
export function shown(value: unknown): string {
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
  } catch {
    return 'a value too deep to show';
  }
}
