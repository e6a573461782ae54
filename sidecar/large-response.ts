import type { RequestId } from '../core/message';
import { brokenAnswer } from './broken-answer';

/** What is kept of an event: its beginning and its end, in bytes. */
const BEGINNING = 4 * 1024;
const ENDING = 256;
const EMPTY_LINE = /\n\n|\r\n\r\n|\r\r/;
const DATA = /(?:^|[\r\n])data: ?/;

/**
 * Knows by the two ends of an event, too large to be held, whether it was the response to a request. Nothing is judged by
 * it: it says that no more will come.
 */
export class LargeResponse {
  #beginning = '';
  #latest = '';

  constructor(private readonly id: RequestId) {}

  /** @returns whether an event has become whole that is the response */
  push(bytes: Buffer): boolean {
    const fresh = bytes.toString('latin1');
    const [ending = '', ...more] = (this.#latest + fresh).split(EMPTY_LINE);
    const next = more.pop();
    const beginning = this.#beginning + fresh.slice(0, BEGINNING);
    this.#beginning = (next ?? beginning).slice(0, BEGINNING);
    this.#latest = (next ?? ending).slice(-ENDING);
    if (next === undefined) return false;
    return this.#isResponse(beginning, ending) || more.some((event) => this.#isResponse(event, event));
  }

  #isResponse(beginning: string, ending: string): boolean {
    const data = beginning.slice(0, BEGINNING).split(DATA)[1] ?? '';
    const heard = brokenAnswer(data, ending.slice(-ENDING))?.id;
    return heard !== undefined && [JSON.stringify(this.id), JSON.stringify(String(this.id))].includes(heard);
  }
}
