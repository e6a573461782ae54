import { EVENT_ID_PREFIX, SESSION_HEADER } from '../core/headers';
import type { Ask } from './ask';
import type { Passing, Seen } from './attempt';
import { fleetError, isFleetAnswer, verdictOf } from './fleet-error';
import type { Message } from './message';
import type { Recovery } from './recovery';
import { Session } from './session';

/** Takes from what passes what later requests need: sessions, tools, and what became of the call. */
export function learn(seen: Seen | Passing, ask: Ask, recovery: Recovery): void {
  if ('event' in seen) {
    if (seen.event.id?.startsWith(EVENT_ID_PREFIX)) ask.endpoint.isFleet = true;
    return;
  }
  if (seen.kind === 'lost') {
    ask.call?.lose();
    return;
  }
  const message = seen.kind === 'answer' ? seen.message : undefined;
  if (isFleetAnswer(message)) ask.endpoint.isFleet = true;
  if (ask.call !== undefined) learnOutcome(seen.head.status, message, ask);
  if (!seen.head.ok || message?.error !== undefined) return;
  if (ask.message?.method === 'initialize') learnSession(seen.head, message, ask, recovery);
  if (ask.message?.method === 'tools/list') ask.endpoint.learnTools(message?.result?.tools);
  ask.session?.remember(ask);
}

function learnOutcome(status: number, message: Message | undefined, { call }: Ask): void {
  if (call === undefined) return;
  if (message?.result !== undefined || message?.error !== undefined) {
    // Where nobody of ours spoke, a status says more than an error that a proxy or a server put into its body.
    if (status < 300 || fleetError(message) !== undefined) {
      const { callId, outcome } = verdictOf(message);
      call.callId = callId ?? call.callId;
      call.settle(outcome, fleetError(message)?.error === 'KEY_REUSED');
      return;
    }
  }
  if (status >= 400 && status < 500) call.settle('not_executed');
  else call.lose();
}

function learnSession(head: Response, message: Message | undefined, ask: Ask, { sessions }: Recovery): void {
  const id = head.headers.get(SESSION_HEADER);
  if (id === null || ask.body === undefined) return;
  sessions.add(new Session(id, ask.body, message?.result?.protocolVersion, ask.cookies));
}
