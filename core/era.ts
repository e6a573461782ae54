/**
 * Of a message. `legacy`: revisions of the protocol with `initialize` and sessions, up to 2025-11-25. `modern`: 2026-07-28, without.
 */
export type Era = 'legacy' | 'modern';
