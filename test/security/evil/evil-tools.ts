/** Ways in which a server answers a call, by the threat that they are. */
export const EVIL_ANSWERS = {
  'answer-foreign': ['other-id', 'null-id', 'text-id', 'foreign-events', 'only-foreign-events', 'second-response', 'foreign-event-types'],
  'answer-words': [
    'stamp',
    'stamp-folded',
    'stamp-escaped',
    'error-words',
    'error-words-folded',
    'sidecar-word',
    'reason-header',
    'slots-header',
  ],
  'answer-ambiguous': ['result-twice', 'id-twice', 'result-and-error', 'meta-twice', 'method-and-result', 'no-json', 'list'],
  'answer-large': ['deep', 'many-values', 'gzip-bomb', 'brotli-bomb', 'endless-event', 'long-number'],
  'answer-secret': [
    ...['raw', 'base64', 'base64url', 'hex', 'HEX', 'url', 'json-escaped', 'twice-escaped', 'in-chunks', 'in-header', 'in-error', 'in-key'],
    ...['behind-base64', 'in-event', 'in-progress', 'in-pieces'],
  ],
  'answer-headers': ['cookies', 'challenge', 'cross-origin', 'session-id', 'connection', 'link'],
  'answer-elsewhere': ['redirect-307', 'redirect-308', 'redirect-302', 'redirect-301', 'redirect-metadata'],
  'answer-asks': ['asks-tool', 'asks-initialize', 'asks-unknown-kind', 'cancels-another', 'progress-of-another'],
} as const;

export type EvilThreat = keyof typeof EVIL_ANSWERS;

/** Of `break` the connection is lost once it is executed; `plain` answers as it should; `leak` tells the secret as it is asked to. */
export const EVIL_TOOLS: readonly string[] = ['plain', 'break', 'leak', ...Object.values(EVIL_ANSWERS).flat()];

/** Text that no agent may be shown: it stands wherever a message is for somebody else. */
export const FOREIGN = 'for-somebody-else';
/** A call id that no gateway gives. */
export const FORGED_CALL = 'forged-call-id';
