import { Pair, parse, Scalar, type Tags, YAMLMap, YAMLParseError, type YAMLSeq } from 'yaml';

/** What has a short form in YAML, such as `!Sub` for `Fn::Sub`. */
const FUNCTIONS = [
  ...['Base64', 'Cidr', 'FindInMap', 'GetAtt', 'GetAZs', 'If', 'ImportValue', 'Join', 'Select', 'Split', 'Sub', 'Transform'],
  ...['And', 'Equals', 'Not', 'Or', 'Length', 'ToJsonString'],
];
const PLAIN = ['Ref', 'Condition'];
const TIMESTAMP = 'tag:yaml.org,2002:timestamp';
/** Levels of objects and lists in a template; no template that means something comes near. */
const DEEPEST = 200;
const TOO_DEEP = `It is nested deeper than ${DEEPEST} levels.`;

/**
 * The text of a template, JSON or YAML, as an object.
 * @throws Error that says where the text is none
 */
export function parseTemplateText(text: string): Readonly<Record<string, unknown>> {
  const template = readTemplateText(text);
  if (typeof template !== 'object' || template === null || Array.isArray(template)) throw new Error('The template is no object.');
  return template as Readonly<Record<string, unknown>>;
}

/** What a text in JSON or YAML says. @throws Error that says where it is neither */
export function readTemplateText(text: string): unknown {
  const value = read(text);
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) throw new Error(TOO_DEEP);
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? Object.values(part) : []));
  }
  return value;
}

function read(text: string): unknown {
  try {
    return /^\s*[{[]/.test(text) ? JSON.parse(text) : parse(text, { version: '1.1', customTags });
  } catch (error) {
    const isTooDeep = error instanceof RangeError || (error instanceof YAMLParseError && error.code === 'RESOURCE_EXHAUSTION');
    throw isTooDeep ? new Error(TOO_DEEP) : error;
  }
}

/** Those of YAML 1.1, but for dates: `2012-10-17` is a policy's version, and a text. */
const customTags = (tags: Tags): Tags => [
  ...tags.filter((tag) => typeof tag === 'string' || tag.tag !== TIMESTAMP),
  ...[...FUNCTIONS, ...PLAIN].flatMap(shortForms),
];

function shortForms(name: string): Tags {
  const key = PLAIN.includes(name) ? name : `Fn::${name}`;
  const wrap = (argument: YAMLMap | YAMLSeq): YAMLMap => {
    const map = new YAMLMap();
    map.items.push(new Pair(new Scalar(key), argument));
    return map;
  };
  const ofCollection = (node: unknown): YAMLMap => wrap(node as YAMLMap | YAMLSeq);
  return [
    { tag: `!${name}`, resolve: (value: string) => ({ [key]: name === 'GetAtt' ? atFirstDot(value) : value }) },
    { tag: `!${name}`, collection: 'map', resolve: ofCollection },
    { tag: `!${name}`, collection: 'seq', resolve: ofCollection },
  ];
}

/** `!GetAtt Table.Stream.Arn` is of the resource `Table`. */
function atFirstDot(text: string): string[] {
  const at = text.indexOf('.');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
