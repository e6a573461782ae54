import type { HttpAnswer } from './connection';

/** A JSON-RPC message as an agent hears it. */
export interface Heard {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Every message in an answer, as a careful client reads it: JSON (RFC 8259), or a stream of events (WHATWG HTML). */
export function messagesOf({ headers, body }: HttpAnswer): Heard[] {
  const type = headers
    .find(([name]) => name === 'content-type')?.[1]
    ?.split(';')[0]
    ?.trim()
    .toLowerCase();
  const texts = type === 'text/event-stream' ? eventsOf(body).map(({ data }) => data) : [body.toString('utf8').replace(/^\ufeff/, '')];
  return texts.flatMap(parse);
}

/** Whether a message is a JSON-RPC response: the body of a plain HTTP error may have an `error` as well. */
export function isResponse(message: Heard): boolean {
  return message.method === undefined && ('result' in message || 'error' in message) && ('id' in message || 'jsonrpc' in message);
}

function parse(text: string): Heard[] {
  try {
    const value = JSON.parse(text) as unknown;
    return [value].flat().filter((item): item is Heard => typeof item === 'object' && item !== null);
  } catch {
    return [];
  }
}

export interface StreamEvent {
  readonly id?: string;
  readonly data: string;
}

/** Events of type `message` (WHATWG HTML § 9.2.6); one that is not ended by an empty line does not count. */
export function eventsOf(body: Buffer): StreamEvent[] {
  const events: StreamEvent[] = [];
  let data: string[] = [];
  let type = '';
  let id: string | undefined;
  for (const line of linesOf(body.toString('utf8').replace(/^\ufeff/, ''))) {
    if (line === '') {
      if (data.length > 0 && (type === '' || type === 'message')) events.push({ data: data.join('\n'), ...(id !== undefined && { id }) });
      data = [];
      type = '';
      continue;
    }
    const [, field = line, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
  return events;
}

/** Whole lines; what follows the last line end is none. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  lines.pop();
  return lines;
}
