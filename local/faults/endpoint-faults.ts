import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws/aws-error';
import { refuseAs } from '../aws/refusal';
import type { OnMet, RequestRule } from './request-rules';

/** So an AWS SDK says that it runs in a function (AWS_EXECUTION_ENV). */
const IN_FUNCTION = /\bAWS_Lambda_/;
const INVOKED = /^\/2015-03-31\/functions\/([^/]+)\/invocations/;
const SECRETS_MANAGER = 'secretsmanager.';

/** Requests of programs to functions and secrets, failing as rules say. */
export class EndpointFaults {
  private rules: readonly RequestRule[] = [];
  private readonly turns = new Map<RequestRule['id'], number>();
  private readonly held = new Map<ServerResponse, RequestRule['id']>();

  constructor(private readonly onMet: OnMet) {}

  /** From now on these, in place of those before. What was held for one that has ended is reset. */
  set(rules: readonly RequestRule[]): void {
    this.rules = rules;
    const known = new Set(rules.map(({ id }) => id));
    for (const [response, id] of this.held) if (!known.has(id)) response.destroy();
    for (const id of this.turns.keys()) if (!known.has(id)) this.turns.delete(id);
  }

  /** @returns whether nobody else shall answer */
  meets(request: IncomingMessage, response: ServerResponse): boolean {
    const caller = IN_FUNCTION.test(request.headers['user-agent'] ?? '') ? 'functions' : 'gateway';
    const rule = this.rules.find((one) => isAbout(one, request) && (one.from === undefined || one.from === caller) && this.isItsTurn(one));
    if (rule === undefined) return false;
    this.onMet(rule.id);
    if (rule.effect === 'reset') response.destroy();
    else if (rule.effect === 'throttle') throttle(request, response);
    else this.hold(response, rule);
    return rule.effect !== 'lose answer';
  }

  private hold(response: ServerResponse, { id, effect }: RequestRule): void {
    this.held.set(response, id);
    response.once('close', () => this.held.delete(response));
    if (effect === 'lose answer') mute(response);
  }

  /** Exactly its share of the requests, evenly. */
  private isItsTurn({ id, share }: RequestRule): boolean {
    const turn = this.turns.get(id) ?? 0;
    this.turns.set(id, turn + 1);
    return Math.floor((turn + 1) * share) > Math.floor(turn * share);
  }
}

function isAbout({ of }: RequestRule, { url = '', headers }: IncomingMessage): boolean {
  if ('service' in of) return String(headers['x-amz-target']).startsWith(SECRETS_MANAGER);
  if (!('function' in of)) return false;
  const [, invoked] = INVOKED.exec(url) ?? [];
  return invoked !== undefined && decodeURIComponent(invoked).split(':function:').at(-1)?.split(':')[0] === of.function;
}

/** Lambda API Reference, Invoke: TooManyRequestsException. */
function throttle(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  refuseAs(request, response, new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429));
}

/** What is done is not told. */
function mute(response: ServerResponse): void {
  Object.assign(response, { writeHead: () => response, setHeader: () => response, write: () => true, end: () => response });
}
