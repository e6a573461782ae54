import type { Fetch } from '../../../client/platform';
import { KEY_META } from '../../../core/meta';

/** How one call left the agent. */
export interface Attempts {
  /** Key that the recovering fetch gave it. */
  key?: string;
  count: number;
}

interface ToolCall {
  readonly method?: string;
  readonly params?: { readonly arguments?: { readonly reference?: string }; readonly _meta?: Readonly<Record<string, unknown>> };
}

/** Watches what leaves through a fetch: which call got which key, and how often it was sent. */
export class Departures {
  private readonly calls = new Map<string, Attempts>();

  readonly fetch: Fetch = (url, init) => {
    if (typeof init?.body === 'string') this.note(JSON.parse(init.body) as ToolCall);
    return fetch(url, init);
  };

  take(reference: string): Attempts {
    const attempts = this.calls.get(reference) ?? { count: 0 };
    this.calls.delete(reference);
    return attempts;
  }

  private note({ method, params }: ToolCall): void {
    const reference = params?.arguments?.reference;
    if (method !== 'tools/call' || reference === undefined) return;
    const key = params?._meta?.[KEY_META];
    const before = this.calls.get(reference)?.count ?? 0;
    this.calls.set(reference, { count: before + 1, ...(typeof key === 'string' && { key }) });
  }
}
