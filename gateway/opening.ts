import { FleetError } from '../core/errors';

/** Largest message that opens a session, in bytes: its params stand in the directory, with what the session adds to them. */
export const OPENING_LIMIT_BYTES = 64 * 1024;

/**
 * Refuses what could not be recorded before a session is opened for it.
 * @param text canonical text of `initialize`
 * @throws FleetError INVALID_PARAMS
 */
export function checkOpening(text: string): void {
  const size = Buffer.byteLength(text);
  if (size > OPENING_LIMIT_BYTES) {
    throw new FleetError('INVALID_PARAMS', { reason: `initialize has ${size} bytes; the directory keeps at most ${OPENING_LIMIT_BYTES}` });
  }
}
