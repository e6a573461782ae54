/**
 * The types of the platform's own `fetch`: those of the DOM, of `@types/node`, or of whatever else declares it. Where nothing
 * does they are {@link Undeclared}, so that our types ask for no library that the agent's author does not use.
 */
type Instance<Name extends string> = typeof globalThis extends { readonly [name in Name]: { readonly prototype: infer Type } }
  ? Type
  : Undeclared;

// biome-ignore lint/suspicious/noExplicitAny: whatever the author's platform has there
type Undeclared = any;

export type PlatformUrl = Instance<'URL'>;
export type PlatformRequest = Instance<'Request'>;
export type PlatformResponse = Instance<'Response'>;
export type PlatformSignal = Instance<'AbortSignal'>;
/** Second argument of `fetch`. */
export type PlatformInit = typeof globalThis extends { readonly Request: new (input: never, init?: infer Init) => unknown }
  ? NonNullable<Init>
  : Undeclared;

/** What sends requests: the global `fetch`, or one that wraps it. */
export type Fetch = (input: string | PlatformUrl, init?: PlatformInit) => Promise<PlatformResponse>;
