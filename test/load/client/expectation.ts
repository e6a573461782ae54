import { isUnknownSession } from '../../../checks/agent-client';
import type { Counted, Tool } from '../counter';
import type { Outcome } from '../journal';
import type { SessionReply } from './agent-session';

export interface Judgement {
  readonly outcome: Outcome;
  readonly detail?: string;
}

/** What a session must answer next, and what the last answer makes of that. */
export class Expectation {
  /** Instance that has the session; undefined until it has answered. */
  instance: string | undefined;
  private count = 0;
  /** The last call may or may not have counted. */
  private uncertain = false;

  constructor(private readonly client: string) {}

  /** Holds a reply against the call, and goes on from what it says. */
  judge(reply: SessionReply, tool: Tool, nonce: string): Judgement {
    if (reply.kind === 'result' && !reply.isError) {
      return this.judgeAnswer(JSON.parse(reply.text) as Counted, reply.stamp?.sessionRestored === true, tool, nonce);
    }
    const judgement = judgeRefusal(reply);
    // A client that heard nothing does not know either.
    this.uncertain ||= tool === 'increment' && (judgement.outcome === 'unknown' || reply.kind === 'broken');
    return judgement;
  }

  private judgeAnswer(answer: Counted, restored: boolean, tool: Tool, nonce: string): Judgement {
    if (answer.client !== this.client || answer.nonce !== nonce) {
      return { outcome: 'misrouted', detail: `${this.client} ${nonce} got ${JSON.stringify(answer)}` };
    }
    const step = tool === 'increment' ? 1 : 0;
    const goesOn = answer.count === this.count + step || (this.uncertain && answer.count === this.count + 1 + step);
    const here = this.instance === undefined || answer.instance === this.instance;
    const begins = answer.count === step;
    const detail = `count ${this.count}${this.uncertain ? ' or one more' : ''} on ${short(this.instance)}, then ${tool} gave ${answer.count} on ${short(answer.instance)}`;
    this.instance = answer.instance;
    this.count = answer.count;
    this.uncertain = false;
    if (here && goesOn) return { outcome: restored ? 'told again' : 'ok' };
    if (!begins) return { outcome: here ? 'miscounted' : 'misrouted', detail };
    return restored ? { outcome: 'restored' } : { outcome: 'restarted silently', detail };
  }
}

/** What an error makes of a request. */
export function judgeRefusal(reply: SessionReply): Judgement {
  const detail = brief(reply);
  if (reply.kind === 'foreign') return { outcome: 'misrouted', detail };
  if (isUnknownSession(reply)) return { outcome: 'unknown session', detail };
  if (reply.kind === 'error') return { outcome: reply.data.error === 'OUTCOME_UNKNOWN' ? 'unknown' : 'failed', detail };
  // What has no JSON-RPC id is refused with a status; the body says the rest.
  const isUnknown = reply.kind === 'http' && reply.message.includes('"error":"OUTCOME_UNKNOWN"');
  return { outcome: isUnknown ? 'unknown' : 'failed', detail };
}

export function brief(reply: SessionReply): string {
  return JSON.stringify(reply).slice(0, 250);
}

function short(instance: string | undefined): string {
  return instance?.slice(0, 8) ?? 'none';
}
