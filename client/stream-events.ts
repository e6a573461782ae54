import { createParser } from 'eventsource-parser';

/** One server-sent event. */
export interface StreamEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
  /** Milliseconds that the reader should wait before it connects again. */
  readonly retry?: number;
}

/** The whole events of a body; one that is cut in its middle is not among them. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent, void> {
  const ready: StreamEvent[] = [];
  let retry: number | undefined;
  const parser = createParser({
    onRetry: (ms) => {
      retry = ms;
    },
    onEvent: ({ id, event, data }) => {
      ready.push({ ...(id !== undefined && { id }), ...(event !== undefined && { event }), data, ...(retry !== undefined && { retry }) });
      retry = undefined;
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parser.feed(decoder.decode(part.value, { stream: true }));
    yield* ready.splice(0);
  }
}

export function writeEvent({ id, event, data, retry }: StreamEvent): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}${retry === undefined ? '' : `retry: ${retry}\n`}${lines.join('')}\n`;
}
