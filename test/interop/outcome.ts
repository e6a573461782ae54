import { ERRORS, type ErrorName } from '../../core/errors';
import type { ClientError, Reply } from './client-process';

/** What an agent was left with, best first. */
export const ANSWERS = ['result', 'typed', 'text', 'raw', 'hang'] as const;

/**
 * `result`: what the tool gave. `typed`: an error that a program can branch on. `text`: the same error, in a message for
 * people. `raw`: what the transport said. `hang`: nothing until the client's own timeout.
 */
export type AnswerKind = (typeof ANSWERS)[number];

export interface Answer {
  readonly kind: AnswerKind;
  /** Words for the table. */
  readonly label: string;
  /** The agent can see that its session was opened again. */
  readonly restored?: true;
}

/** @param expected text of the result */
export function answerOf(reply: Reply, expected: string): Answer {
  if (reply === 'no answer') return { kind: 'hang', label: 'hangs' };
  if ('error' in reply) return answerOfError(reply.error);
  const text = JSON.stringify(reply.result);
  if (text.includes(expected)) {
    const restored = /sessionRestored\\*":true/.test(text);
    return { kind: 'result', label: restored ? 'result, `sessionRestored`' : 'result', ...(restored && { restored }) };
  }
  // Some clients turn errors into results for a model to read.
  return answerOfError({ message: text });
}

function answerOfError(error: ClientError): Answer {
  const chain = chainOf(error);
  const said = chain.map(({ name, message }) => `${name ?? ''} ${message}`).join(' ');
  const data = chain.map((link) => link.data as { error?: ErrorName } | undefined).find((value) => value?.error !== undefined);
  if (data?.error !== undefined && data.error in ERRORS) return { kind: 'typed', label: `${ERRORS[data.error].code} ${data.error}` };
  const named = (Object.keys(ERRORS) as ErrorName[]).find((name) => name !== 'UNKNOWN_SESSION' && said.includes(ERRORS[name].message));
  if (named !== undefined) return { kind: 'text', label: `"${ERRORS[named].code} ${named}" as text` };
  if (/timed? ?out|timeout|aborted/i.test(said)) return { kind: 'hang', label: 'hangs' };
  if (/session not found/i.test(said)) return { kind: 'raw', label: '404 session not found' };
  return { kind: 'raw', label: rawLabel(said, chain) };
}

/** In few words that are the same in every run: which of several transport errors it is, is a matter of microseconds. */
function rawLabel(said: string, chain: readonly ClientError[]): string {
  const status = chain.map((link) => link.status ?? link.code).find((code) => typeof code === 'number' && code >= 400 && code < 600);
  const page = status ?? /HTTP (5\d\d)|<title>(5\d\d)/.exec(said)?.slice(1).find(Boolean);
  if (page !== undefined) return `HTTP ${page}`;
  if (/fetch failed|terminated|socket|ECONNRESET|ECONNREFUSED|connection closed|not connected/i.test(said)) return 'connection lost';
  return `"${(chain[0]?.message ?? '').replaceAll(/\s+/g, ' ').slice(0, 60)}"`;
}

function chainOf(error: ClientError): ClientError[] {
  return error.cause === undefined ? [error] : [error, ...chainOf(error.cause)];
}
