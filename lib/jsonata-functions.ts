/** JSONata's own functions by what they give, each without its `$`; `any` may be a list of one, which is the one. */
const GIVING = {
  text: [
    ...['string', 'substring', 'substringBefore', 'substringAfter', 'lowercase', 'uppercase', 'trim', 'pad', 'replace', 'split', 'join'],
    ...['formatNumber', 'formatBase', 'formatInteger', 'keys', 'type', 'base64encode', 'base64decode'],
    ...['encodeUrlComponent', 'encodeUrl', 'decodeUrlComponent', 'decodeUrl', 'fromMillis', 'now'],
  ],
  number: [
    ...['sum', 'count', 'max', 'min', 'average', 'length', 'parseInteger', 'number', 'floor', 'ceil', 'round', 'abs', 'sqrt', 'power'],
    ...['random', 'toMillis', 'millis'],
  ],
  truth: ['contains', 'boolean', 'not', 'exists'],
  any: [
    ...['match', 'map', 'zip', 'filter', 'single', 'reduce', 'sift', 'lookup', 'append', 'spread', 'merge', 'reverse', 'each'],
    ...['error', 'assert', 'sort', 'shuffle', 'distinct', 'eval', 'clone'],
  ],
} as const;

export type Given = keyof typeof GIVING;

export const JSONATA_FUNCTIONS: ReadonlyMap<string, Given> = new Map(
  Object.entries(GIVING).flatMap(([given, names]) => names.map((name) => [name, given as Given])),
);
