import { remembered } from '../../core/remembered';

interface Head {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Whether an answer is an event stream. */
export function isStream({ headers }: Head): boolean {
  return mediaType(String(headers['content-type'] ?? '')) === 'text/event-stream';
}

/** Servers write it in few ways. */
const REMEMBERED_TYPES = 100;

/** Without parameters, in lower case (RFC 9110 § 8.3.1). */
const mediaType = remembered(REMEMBERED_TYPES, (value) => (value.split(';', 1)[0] as string).trim().toLowerCase());
