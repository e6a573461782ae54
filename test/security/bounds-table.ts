import { DOOR_LIMITS } from '../../core/door-limits';
import { DEFAULT_QUEUE, DEFAULT_RECOVERY, DEFAULT_SESSION_BUDGET, LONGEST_CALL_SECONDS } from '../../core/fleet-config';
import { KEY_LIMIT_BYTES } from '../../core/key-demand';
import { REQUEST_ID_LIMIT_BYTES } from '../../core/message';
import { DECISION_SECONDS } from '../../core/policy';
import { ANSWER_BOUNDS, REQUEST_BOUNDS } from '../../core/reading/json-scan';
import { BODY_LIMIT_BYTES } from '../../core/request-limits';
import { EVENT_ID_LIMIT } from '../../core/sealed-event';
import { SEALED_ID_LIMIT, SESSION_IDLE_MS, SESSION_LIFETIME_SECONDS } from '../../core/sealed-session';
import { CONTEXT_LIFETIME_SECONDS } from '../../core/signed-context';
import { CLOCK_SKEW_SECONDS } from '../../core/token-audience';
import { TOOL_NAME_LIMIT_BYTES } from '../../core/tool-name';
import { HOLDING_LIMITS } from '../../gateway/holdings';
import { BATCH_LIMIT } from '../../gateway/http/batch';
import { TASK_LIMIT_BYTES } from '../../gateway/identify';
import { OPENING_LIMIT_BYTES } from '../../gateway/opening';
import { ANSWER_LIMIT_BYTES } from '../../gateway/upstream/reading';
import { LIMITS } from '../../sidecar/limits';

const FIXED = 'fixed';
const set = (property: string): string => `tighter by \`gateway.requestLimits.${property}\``;

/** The table of bounds in docs/threat-model.md: what, how much, what comes of more, where it is set. */
export function boundsTable(): string {
  const { small, large } = HOLDING_LIMITS;
  const row = (what: string, bound: string, beyond: string, where: string): string => `| ${what} | ${bound} | ${beyond} | ${where} |`;
  return [
    row('what', 'bound', 'beyond it', 'where it is set'),
    '|---|---|---|---|',
    row('head of a request', bytes(DOOR_LIMITS.maxHeaderSize), '431', FIXED),
    row('time until a head is whole', seconds(DOOR_LIMITS.headersTimeout), '408', set('headTime')),
    row('time until a request is whole', seconds(DOOR_LIMITS.requestTimeout), '408', set('requestTime')),
    row('body of a request', bytes(BODY_LIMIT_BYTES), '`PAYLOAD_TOO_LARGE`', set('bodySize')),
    row('depth', count(REQUEST_BOUNDS.depth), '`PARSE_ERROR`', set('depth')),
    row('values', count(REQUEST_BOUNDS.values), '`PARSE_ERROR`', set('values')),
    row('a name', `${count(REQUEST_BOUNDS.nameLength)} characters`, '`PARSE_ERROR`', FIXED),
    row('a number', `${count(REQUEST_BOUNDS.numberLength)} characters`, '`PARSE_ERROR`', FIXED),
    row('messages in a batch', count(BATCH_LIMIT), '`INVALID_REQUEST`', FIXED),
    row('id of a request', bytes(REQUEST_ID_LIMIT_BYTES), '`INVALID_REQUEST`', FIXED),
    row('name of a tool', bytes(TOOL_NAME_LIMIT_BYTES), '`INVALID_PARAMS`', FIXED),
    row('idempotency key', bytes(KEY_LIMIT_BYTES), '`INVALID_PARAMS`', FIXED),
    row('name of a task', bytes(TASK_LIMIT_BYTES), '`INVALID_PARAMS`', FIXED),
    row('`initialize`', bytes(OPENING_LIMIT_BYTES), '`INVALID_PARAMS`', FIXED),
    row('session id', `${count(SEALED_ID_LIMIT)} characters`, '`UNKNOWN_SESSION`', FIXED),
    row('event id', `${count(EVENT_ID_LIMIT)} characters`, '`METHOD_NOT_ALLOWED`', FIXED),
    row(
      'life of a session',
      `${SESSION_LIFETIME_SECONDS / 86_400} days, ${SESSION_IDLE_MS / 60_000} min without a request`,
      '`UNKNOWN_SESSION`',
      FIXED,
    ),
    row('clocks that differ, for a token', `${CLOCK_SKEW_SECONDS} s`, '`UNAUTHENTICATED`', FIXED),
    row(
      'a decision that is remembered',
      seconds(DECISION_SECONDS * 1_000),
      'the authorizer is asked anew',
      '`expires` of a grant; `mcp-fleet revoke`',
    ),
    row('a signed context', `${CONTEXT_LIFETIME_SECONDS} s`, '403 at the sidecar', FIXED),
    row('calls of a tool', 'none', '`CALL_LIMIT`', '`grantCall(…, { limits })`'),
    row('sessions of a task, of an agent', `${DEFAULT_SESSION_BUDGET.perTask}; none`, '`TASK_BUDGET`', '`sessionBudget` of the fleet'),
    row('slots of an instance', 'by its kind', 'the queue', '`sessions.perInstance` of the server'),
    row(
      'requests that wait',
      `${count(DEFAULT_QUEUE.length)}, ${DEFAULT_QUEUE.seconds} s`,
      '`AT_CAPACITY`',
      '`sessions.queue` of the server',
    ),
    row(
      'recovery of a lost call',
      `${DEFAULT_RECOVERY.attempts} attempts, ${DEFAULT_RECOVERY.seconds} s`,
      '`OUTCOME_UNKNOWN`',
      '`recovery` of the server',
    ),
    row('until an answer is whole', `${LONGEST_CALL_SECONDS / 60} min`, '`OUTCOME_UNKNOWN`', '`longestCall` of the server'),
    row('an answer', bytes(ANSWER_LIMIT_BYTES), '`OUTCOME_UNKNOWN`', FIXED),
    row('depth and values of an answer', `${count(ANSWER_BOUNDS.depth)}; ${count(ANSWER_BOUNDS.values)}`, '`OUTCOME_UNKNOWN`', FIXED),
    row('a line of a stdio server', bytes(LIMITS.lineBytes), '`OUTCOME_UNKNOWN`', FIXED),
    row(
      'what a gateway holds: bodies and small answers',
      `${bytes(small.replica)}, ${bytes(small.agent)} of one agent`,
      '`AT_CAPACITY`',
      '`gateway.taskSize`, `minReplicas`, `maxReplicas`: each replica has its own',
    ),
    row(
      'what a gateway holds: large answers',
      `${bytes(large.replica)}, ${bytes(large.agent)} of one agent`,
      'waits, then `AT_CAPACITY` or `OUTCOME_UNKNOWN`',
      'likewise',
    ),
    row(
      'what a sidecar holds',
      `${bytes(LIMITS.heldBytes)}, ${bytes(LIMITS.agentHeldBytes)} of one agent`,
      '`AT_CAPACITY`',
      '`scaling` of the server: each instance has its own',
    ),
  ].join('\n');
}

function bytes(size: number): string {
  if (size % (1024 * 1024) === 0) return `${size / (1024 * 1024)} MiB`;
  return size % 1024 === 0 && size >= 4096 ? `${size / 1024} KiB` : `${count(size)} bytes`;
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
