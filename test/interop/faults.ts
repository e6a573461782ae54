/** What goes wrong around a call. */
export const FAULTS = ['session-gone', 'instance-killed', 'gateway-killed', 'leg-cut'] as const;

export type Fault = (typeof FAULTS)[number];

/** Each fault in the words of the tables. */
export const FAULT_TITLES: Readonly<Record<Fault, { readonly title: string; readonly what: string }>> = {
  'session-gone': {
    title: 'The session is gone between two calls',
    what: 'the instance that holds the session is killed, and another one has taken its place before the second call.',
  },
  'instance-killed': {
    title: 'The instance is killed in the middle of a call',
    what: 'server and sidecar get SIGKILL while the tool runs; its side effect has happened.',
  },
  'gateway-killed': {
    title: 'The gateway is killed in the middle of a call',
    what: 'the replica that carries the call gets SIGKILL while the tool runs. Without us: all connections are reset, as when a proxy dies.',
  },
  'leg-cut': {
    title: "The client's connection is cut in the middle of an answer",
    what: 'TCP reset once the answer has begun and before its result is through; the tool runs on.',
  },
};
