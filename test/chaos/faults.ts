/**
 * When a fault strikes. `asked`: the request is at the client's leg; `claim`, `sent`, `settlement`: that write is at the
 * ledger's link; `forwarded`: the request is at the leg to the servers; `received`: the server has it and has done nothing
 * yet; `executed`: it has done it and told nobody.
 */
export type Moment = 'asked' | 'claim' | 'sent' | 'forwarded' | 'received' | 'executed' | 'settlement';

export type Leg = 'client' | 'server';

/** Processes that are struck. `instance` is server and sidecar of one ECS task. */
export type Victim = 'instance' | 'server' | 'sidecar' | 'gateway';

export type Act =
  /** The connection that carries the call is reset. */
  | { readonly kind: 'cut'; readonly leg: Leg }
  /** It is reset at a random byte of the answer's body, or of what follows a progress notification. */
  | { readonly kind: 'cut answer'; readonly leg: Leg; readonly behind: 'head' | 'progress' }
  | { readonly kind: 'delay'; readonly leg: Leg }
  /** Nothing passes on it for a while, in either direction. */
  | { readonly kind: 'stall'; readonly leg: Leg }
  /** One write: never comes to the table, is late, or is done and its reply lost. `refuse always` holds for the SDK's own retries too. */
  | { readonly kind: 'write'; readonly how: 'refuse' | 'refuse always' | 'delay' | 'lose reply' }
  | { readonly kind: 'kill' | 'pause'; readonly victim: Victim }
  /** The gateway dies at a write: before it is done, or after it and before the reply. */
  | { readonly kind: 'kill at write'; readonly done: boolean }
  /** An endpoint refuses connections, or takes them and says nothing, for a while. */
  | { readonly kind: 'endpoint'; readonly link: 'ledger' | 'authorizer'; readonly how: 'kill' | 'pause' }
  /** The worker of the next invocation is killed or stopped in it, or its reply is lost. */
  | { readonly kind: 'authorizer'; readonly how: 'kill' | 'pause' | 'lose reply' };

export interface Fault {
  readonly moment: Moment;
  readonly act: Act;
  /** How often it is chosen, relative to others: what takes a process with it costs seconds. */
  readonly weight: number;
  /** It needs a call that reports progress before its result. */
  readonly streams?: true;
}

const OFTEN = 10;
const NOW_AND_THEN = 5;
const SELDOM = 1;

export const FAULTS = {
  'client leg cut before dispatch': { moment: 'asked', act: { kind: 'cut', leg: 'client' }, weight: OFTEN },
  'client leg cut after dispatch': { moment: 'received', act: { kind: 'cut', leg: 'client' }, weight: OFTEN },
  'client leg cut after execution': { moment: 'executed', act: { kind: 'cut', leg: 'client' }, weight: OFTEN },
  'client leg cut mid-SSE': {
    moment: 'asked',
    act: { kind: 'cut answer', leg: 'client', behind: 'progress' },
    weight: OFTEN,
    streams: true,
  },
  'client leg cut at a random byte': { moment: 'asked', act: { kind: 'cut answer', leg: 'client', behind: 'head' }, weight: 2 * OFTEN },
  'client leg delayed': { moment: 'asked', act: { kind: 'delay', leg: 'client' }, weight: NOW_AND_THEN },
  'client leg paused': { moment: 'received', act: { kind: 'stall', leg: 'client' }, weight: NOW_AND_THEN },

  'server leg cut before dispatch': { moment: 'forwarded', act: { kind: 'cut', leg: 'server' }, weight: OFTEN },
  'server leg cut after dispatch': { moment: 'received', act: { kind: 'cut', leg: 'server' }, weight: OFTEN },
  'server leg cut after execution': { moment: 'executed', act: { kind: 'cut', leg: 'server' }, weight: OFTEN },
  'server leg cut mid-SSE': {
    moment: 'forwarded',
    act: { kind: 'cut answer', leg: 'server', behind: 'progress' },
    weight: OFTEN,
    streams: true,
  },
  'server leg cut at a random byte': { moment: 'forwarded', act: { kind: 'cut answer', leg: 'server', behind: 'head' }, weight: OFTEN },
  'server leg delayed': { moment: 'forwarded', act: { kind: 'delay', leg: 'server' }, weight: NOW_AND_THEN },
  'server leg paused': { moment: 'executed', act: { kind: 'stall', leg: 'server' }, weight: NOW_AND_THEN },

  'claim refused': { moment: 'claim', act: { kind: 'write', how: 'refuse' }, weight: NOW_AND_THEN },
  'claim late': { moment: 'claim', act: { kind: 'write', how: 'delay' }, weight: NOW_AND_THEN },
  'reply of the claim lost': { moment: 'claim', act: { kind: 'write', how: 'lose reply' }, weight: NOW_AND_THEN },
  'reply of sent lost': { moment: 'sent', act: { kind: 'write', how: 'lose reply' }, weight: NOW_AND_THEN },
  'sent refused': { moment: 'sent', act: { kind: 'write', how: 'refuse always' }, weight: NOW_AND_THEN },
  'settlement late': { moment: 'settlement', act: { kind: 'write', how: 'delay' }, weight: NOW_AND_THEN },
  'reply of the settlement lost': { moment: 'settlement', act: { kind: 'write', how: 'lose reply' }, weight: NOW_AND_THEN },
  'cut between result and ledger write': { moment: 'settlement', act: { kind: 'write', how: 'refuse always' }, weight: NOW_AND_THEN },

  'ledger endpoint killed': { moment: 'received', act: { kind: 'endpoint', link: 'ledger', how: 'kill' }, weight: SELDOM },
  'ledger endpoint paused': { moment: 'executed', act: { kind: 'endpoint', link: 'ledger', how: 'pause' }, weight: SELDOM },
  'authorizer endpoint killed': { moment: 'asked', act: { kind: 'endpoint', link: 'authorizer', how: 'kill' }, weight: SELDOM },
  'authorizer endpoint paused': { moment: 'asked', act: { kind: 'endpoint', link: 'authorizer', how: 'pause' }, weight: SELDOM },
  'authorizer killed': { moment: 'asked', act: { kind: 'authorizer', how: 'kill' }, weight: SELDOM },
  'authorizer paused': { moment: 'asked', act: { kind: 'authorizer', how: 'pause' }, weight: SELDOM },
  'reply of the authorizer lost': { moment: 'asked', act: { kind: 'authorizer', how: 'lose reply' }, weight: SELDOM },

  'instance killed after dispatch': { moment: 'received', act: { kind: 'kill', victim: 'instance' }, weight: SELDOM },
  'instance killed after execution': { moment: 'executed', act: { kind: 'kill', victim: 'instance' }, weight: SELDOM },
  'server killed': { moment: 'executed', act: { kind: 'kill', victim: 'server' }, weight: SELDOM },
  'sidecar killed': { moment: 'executed', act: { kind: 'kill', victim: 'sidecar' }, weight: SELDOM },
  'instance paused': { moment: 'received', act: { kind: 'pause', victim: 'instance' }, weight: SELDOM },
  'server paused': { moment: 'executed', act: { kind: 'pause', victim: 'server' }, weight: SELDOM },
  'sidecar paused': { moment: 'executed', act: { kind: 'pause', victim: 'sidecar' }, weight: SELDOM },
  'gateway killed before the claim': { moment: 'claim', act: { kind: 'kill at write', done: false }, weight: SELDOM },
  'gateway killed before dispatch': { moment: 'sent', act: { kind: 'kill at write', done: true }, weight: SELDOM },
  'gateway killed after dispatch': { moment: 'received', act: { kind: 'kill', victim: 'gateway' }, weight: SELDOM },
  'gateway killed after execution': { moment: 'executed', act: { kind: 'kill', victim: 'gateway' }, weight: SELDOM },
  'gateway killed between result and ledger write': { moment: 'settlement', act: { kind: 'kill at write', done: false }, weight: SELDOM },
  'gateway killed after the ledger write': { moment: 'settlement', act: { kind: 'kill at write', done: true }, weight: SELDOM },
  'gateway paused': { moment: 'executed', act: { kind: 'pause', victim: 'gateway' }, weight: SELDOM },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

export function faultOf(name: FaultName): Fault {
  return FAULTS[name];
}
