import type { Replacement } from '../../suites/bundling';

/** A reader that is broken on purpose, and stands in for the real one where gateway and sidecar are bundled. */
export interface Way extends Replacement {
  readonly name: string;
  /** What it does wrong, in one sentence. */
  readonly wrong: string;
}

// biome-ignore format: one line per way reads as the table it is
export const WAYS: readonly Way[] = [
  way('charset', 'any charset is taken for UTF-8', 'gateway/http/request-head.ts', 'request-head.ts'),
  way('kind', 'a call without an id is a request', 'core/message.ts', 'message.ts'),
  way('folding', 'names that differ in case only pass', 'core/reading/folding.ts', 'folding.ts'),
  way('duplicates', 'of two members of a request the last one counts', 'core/strict-json.ts', 'strict-json.ts'),
  way('digits', 'calls are compared by doubles', 'core/call-digest.ts', 'call-digest.ts'),
  way('any-id', 'a response under any id is the one that is awaited', 'core/reading/server-message.ts', 'any-id.ts'),
  way('last-member', 'of two members of an answer the last one counts', 'core/reading/server-message.ts', 'last-member.ts'),
  way('event-types', 'events of every type are messages', 'core/reading/event-reader.ts', 'event-types.ts'),
  way('lists', 'a list that cannot be filtered passes', 'gateway/http/granted-list.ts', 'granted-list.ts'),
  way('stamp', "a server's stamp is kept", 'core/stamp.ts', 'stamp.ts'),
];

function way(name: string, wrong: string, real: string, by: string): Way {
  return { name, wrong, real, by: `test/readings/broken/${by}` };
}
