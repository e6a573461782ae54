import {
  IDEMPOTENCY_KEY_HEADER,
  LAST_EVENT_ID_HEADER,
  METHOD_HEADER,
  NAME_HEADER,
  PROTOCOL_VERSION_HEADER,
  SESSION_HEADER,
} from '../core/headers';
import { type Attemptable, attempt, type Seen } from './attempt';
import type { Cookies } from './cookies';
import { fleetError } from './fleet-error';
import { type Message, parseMessage } from './message';
import type { Sender } from './send';

/** What came of opening a session again: `later` may be tried again, `refused` may not. */
export type Reopening = 'opened' | 'refused' | 'later';

/** What opens a session again, and those that are open. */
interface Opener extends Sender {
  readonly sessions: { add(session: Session): void };
}

/** A session that the client opened through here. The client keeps the id that it was given first. */
export class Session {
  /** What the client said to make the session what it is, in order; said again when it is opened again. */
  private readonly said = new Map<string, string>();
  private underWay: Promise<Reopening> | undefined;

  /**
   * @param current id under which the server knows it now
   * @param initialize body of the client's initialize
   * @param revision protocol revision that was negotiated
   * @param cookies those that lead to the instance which holds it
   */
  constructor(
    public current: string,
    private readonly initialize: string,
    private readonly revision: unknown,
    readonly cookies: Cookies,
  ) {}

  /** Remembers what would have to be said again. */
  remember({ message, body = '' }: Attemptable): void {
    const { method, params } = message ?? {};
    if (method === 'notifications/initialized' || method === 'logging/setLevel') this.said.set(method, body);
    if (method === 'resources/subscribe') this.said.set(`subscribe ${params?.uri}`, body);
    if (method === 'resources/unsubscribe') this.said.delete(`subscribe ${params?.uri}`);
  }

  /** Resolves when no other request is opening it. */
  async settled(): Promise<void> {
    await this.underWay?.catch(() => undefined);
  }

  /** Opens a lost session again; requests that find it lost at the same time wait for one attempt. */
  reopen(lostId: string, ask: Attemptable, opener: Opener): Promise<Reopening> {
    if (this.current !== lostId) return Promise.resolve('opened');
    this.underWay ??= this.open(ask, opener).finally(() => {
      this.underWay = undefined;
    });
    return this.underWay;
  }

  private async open(lost: Attemptable, opener: Opener): Promise<Reopening> {
    this.cookies.clear(); // so that a load balancer chooses anew
    const opening = this.request(lost, this.initialize, undefined);
    const seen = await whole(opening, opener);
    if (seen.kind === 'lost') return 'later';
    const id = seen.head.headers.get(SESSION_HEADER);
    const answered = seen.kind === 'answer' ? seen.message : undefined;
    if (answered?.result === undefined || id === null) return mayOpenLater(seen, answered) ? 'later' : 'refused';
    if (answered.result.protocolVersion !== this.revision) {
      await this.say(lost, undefined, id, opener, 'DELETE');
      return 'refused'; // the client speaks a revision that the server no longer does
    }
    for (const body of this.said.values()) await this.say(lost, body, id, opener);
    this.current = id;
    opener.sessions.add(this);
    return 'opened';
  }

  /** Says something in the new session; one that cannot be told there is as good as lost, and the next request finds out. */
  private async say(lost: Attemptable, body: string | undefined, id: string, sender: Sender, method = 'POST'): Promise<void> {
    await whole(this.request(lost, body, id, method), sender);
  }

  private request(lost: Attemptable, body: string | undefined, id: string | undefined, method = 'POST'): Attemptable {
    const headers = new Headers(lost.headers);
    for (const name of [
      SESSION_HEADER,
      PROTOCOL_VERSION_HEADER,
      LAST_EVENT_ID_HEADER,
      IDEMPOTENCY_KEY_HEADER,
      METHOD_HEADER,
      NAME_HEADER,
    ]) {
      headers.delete(name);
    }
    headers.set('accept', 'application/json, text/event-stream');
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (id !== undefined) {
      headers.set(SESSION_HEADER, id);
      headers.set(PROTOCOL_VERSION_HEADER, String(this.revision));
    }
    return {
      url: lost.url,
      init: { ...lost.init, method },
      headers,
      signal: new AbortController().signal, // others wait for it too
      body,
      message: body === undefined ? undefined : parseMessage(body),
      session: undefined,
      cookies: this.cookies,
    };
  }
}

/** Sends a request and reads its answer to the end. */
async function whole(ask: Attemptable, sender: Sender): Promise<Seen> {
  const passing = attempt(ask, sender);
  let next = await passing.next();
  while (!next.done) next = await passing.next();
  if (next.value.kind === 'bare') await next.value.head.body?.cancel();
  return next.value;
}

function mayOpenLater(seen: Exclude<Seen, { kind: 'lost' }>, answered: Message | undefined): boolean {
  const retry = fleetError(answered)?.retry;
  return retry === 'safe' || retry === 'later' || [429, 502, 503, 504].includes(seen.head.status);
}
