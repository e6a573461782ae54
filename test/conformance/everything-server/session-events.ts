import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

interface StoredEvent {
  readonly stream: string;
  readonly message: JSONRPCMessage;
}

/** Everything that one session has sent, so that a client can resume a stream from the last event it saw. */
export class SessionEvents implements EventStore {
  /** An event's id is its index. */
  private readonly events: StoredEvent[] = [];

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    return String(this.events.push({ stream, message }) - 1);
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return this.events[Number(eventId)]?.stream;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const last = Number(lastEventId);
    const stream = this.events[last]?.stream;
    if (stream === undefined) throw new Error(`This session has sent no event ${JSON.stringify(lastEventId)}`);
    for (const [index, event] of this.events.entries()) {
      if (index > last && event.stream === stream && !isPriming(event.message)) await send(String(index), event.message);
    }
    return stream;
  }
}

/** A priming event is stored to get an id and holds no message. */
function isPriming(message: JSONRPCMessage): boolean {
  return Object.keys(message).length === 0;
}
