/** What somebody gets, read as a client reads it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Every JSON-RPC message of it, in order. */
  readonly messages: readonly Message[];
}

export interface Message {
  readonly id?: unknown;
  readonly method?: string;
  /** Of a log message. */
  readonly params?: { readonly data?: string };
  readonly result?: {
    readonly content?: readonly { readonly text?: string }[];
    readonly tools?: readonly { readonly name: string; readonly description?: string }[];
    readonly resources?: readonly { readonly uri: string }[];
    readonly prompts?: readonly { readonly name: string }[];
    readonly _meta?: Readonly<Record<string, Stamp>>;
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: ErrorData };
}

interface Stamp {
  readonly callId?: string;
  readonly outcome?: string;
  readonly replayed?: boolean;
}

export interface ErrorData {
  readonly error?: string;
  readonly outcome?: string;
  readonly retry?: string;
  readonly reason?: string;
  readonly callId?: string;
  readonly serverSaid?: unknown;
}

export function readAnswer(status: number, headers: Answer['headers'], text: string): Answer {
  const isStream = String(headers['content-type'] ?? '').startsWith('text/event-stream');
  const texts = isStream ? [...text.matchAll(/^data: ?(.+)$/gm)].map(([, data = '']) => data) : [text];
  return { status, headers, text, messages: texts.flatMap(messagesIn) };
}

function messagesIn(text: string): Message[] {
  try {
    const said: unknown = JSON.parse(text);
    return [said].flat().filter((one): one is Message => typeof one === 'object' && one !== null);
  } catch {
    return [];
  }
}
