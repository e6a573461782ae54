import type { ProcessRow } from '../../../local/local-account';

/** How a process of a fleet is ended. */
export interface Blow {
  readonly what: string;
  readonly signal: 'SIGTERM' | 'SIGKILL';
  /** What is struck: one of them. */
  readonly role: ProcessRow['role'];
}

/** In each, sessions are open and calls under way. ECS sends SIGTERM to a sidecar first, and to its server when that has ended. */
export const BLOWS: readonly Blow[] = [
  { what: 'SIGTERM to a gateway', signal: 'SIGTERM', role: 'gateway' },
  { what: 'SIGTERM to an instance', signal: 'SIGTERM', role: 'sidecar' },
  { what: 'kill -9 of a server', signal: 'SIGKILL', role: 'server' },
  { what: 'kill -9 of a sidecar', signal: 'SIGKILL', role: 'sidecar' },
  { what: 'kill -9 of a gateway', signal: 'SIGKILL', role: 'gateway' },
];

/** Of an instance whose sidecar or server ends, nothing goes on. */
export function endsInstance({ role }: Blow): boolean {
  return role !== 'gateway';
}
