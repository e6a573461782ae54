/** Names of the requirement sets, in the order in which they run. */
export const SET_NAMES = ['0.1.16', '2025-11-25', '2026-07-28', 'unchecked-headers', 'client-2025-11-25', 'client-2026-07-28'] as const;

export type SetName = (typeof SET_NAMES)[number];

/** Our server, and the same server without a look at its headers. */
export const SERVERS = ['everything', 'unchecked'] as const;

export type ServerName = (typeof SERVERS)[number];

/** What a run of one set needs to know. */
export interface RequirementSet {
  /** Folder in `node_modules` of the suite's cache: see cli/package.json. */
  readonly suite: 'conformance-0.1' | 'conformance-0.2';
  /** What is under test: a server of ours, or our client. */
  readonly subject: { readonly server: ServerName } | 'client';
  /** Arguments that choose every scenario of the set; where there are none, each scenario is run by its name. */
  readonly all?: readonly string[];
  /** Arguments that run one of its scenarios over the same wire. */
  readonly one: readonly string[];
  /** Arguments of `list` that name the scenarios it may have. */
  readonly list: readonly string[];
  /** Its scenarios, where it does not have all of the list. */
  readonly scenarios?: readonly string[];
  /** The server fails these alone; behind the fleet every check must pass. */
  readonly gains?: true;
}

export const REQUIREMENT_SETS: Readonly<Record<SetName, RequirementSet>> = {
  '0.1.16': {
    suite: 'conformance-0.1',
    subject: { server: 'everything' },
    all: ['--suite', 'all'],
    one: [],
    list: ['--server'],
  },
  '2025-11-25': { ...revision('2025-11-25'), subject: { server: 'everything' }, all: ['--requirements', '2025-11-25'] },
  '2026-07-28': { ...revision('2026-07-28'), subject: { server: 'everything' }, all: ['--requirements', '2026-07-28'] },
  'unchecked-headers': {
    ...revision('2026-07-28'),
    subject: { server: 'unchecked' },
    scenarios: ['http-header-validation', 'http-custom-header-server-validation'],
    gains: true,
  },
  // Authorization is left out of both: between client and server the fleet is the one who asks for it.
  'client-2025-11-25': {
    ...revision('2025-11-25'),
    subject: 'client',
    scenarios: ['initialize', 'tools_call', 'elicitation-sep1034-client-defaults', 'sse-retry', 'json-schema-2020-12-preservation'],
  },
  'client-2026-07-28': {
    ...revision('2026-07-28'),
    subject: 'client',
    scenarios: [
      'tools_call',
      'request-metadata',
      'sep-2322-client-request-state',
      'http-standard-headers',
      'http-custom-headers',
      'http-invalid-tool-headers',
      'json-schema-ref-no-deref',
      'json-schema-2020-12-preservation',
    ],
  },
};

/** What a revision of the protocol froze at its release; the suite runs more than it requires, and scores what it requires. */
function revision(name: string): Pick<RequirementSet, 'suite' | 'one' | 'list'> {
  return { suite: 'conformance-0.2', one: ['--spec-version', name, '--force'], list: ['--requirements', name] };
}
