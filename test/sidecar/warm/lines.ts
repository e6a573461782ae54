import type { Logger } from '../../../sidecar/log';

/** A log that keeps the names of its lines, but for the merely informative. */
export function linesOf(): { readonly log: Logger; readonly events: string[] } {
  const events: string[] = [];
  const note = (_fields: unknown, name?: string) => void events.push(name ?? String(_fields));
  return { events, log: { info: () => {}, warn: note, error: note } as unknown as Logger };
}
