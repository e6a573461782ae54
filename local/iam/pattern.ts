/** Values of condition keys, by their names in small letters. */
export type Context = ReadonlyMap<string, readonly string[]>;

const ANY = -1;
const ONE = -2;
type Token = number;

const VARIABLE = /\$\{([^}]*)\}/y;

/**
 * Whether a text is what a pattern of a policy says: `*` any characters, `?` one, `${key}` the value of a condition key (IAM User Guide,
 * "Policy variables"). It takes at most the product of both lengths.
 */
export function matches(pattern: string, text: string, context: Context = NOTHING): boolean {
  if (pattern === '*') return true;
  if (pattern === text && !pattern.includes('${')) return true;
  const tokens = tokensOf(pattern, context);
  return tokens !== undefined && fits(tokens, text);
}

/** As {@link matches}, for the names of actions: capitals count for nothing. */
export function matchesAction(pattern: string, action: string): boolean {
  return matches(pattern.toLowerCase(), action.toLowerCase());
}

/** Two ARNs, compared part by part: no star reaches beyond its colon, but for the last part (IAM, ArnLike). */
export function matchesArn(pattern: string, arn: string, context: Context): boolean {
  const [patterns, parts] = [partsOf(pattern), partsOf(arn)];
  return patterns.length === parts.length && patterns.every((each, at) => matches(each, parts[at] as string, context));
}

/** A text in which variables are replaced; undefined where one of them has no value. */
export function substituted(pattern: string, context: Context): string | undefined {
  const tokens = tokensOf(pattern, context);
  return tokens && String.fromCharCode(...tokens.map((token) => (token === ANY ? 42 : token === ONE ? 63 : token)));
}

const NOTHING: Context = new Map();

function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function tokensOf(pattern: string, context: Context): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; ) {
    VARIABLE.lastIndex = at;
    const [whole, name] = VARIABLE.exec(pattern) ?? [];
    if (whole === undefined) {
      const character = pattern[at++] as string;
      tokens.push(character === '*' ? ANY : character === '?' ? ONE : character.charCodeAt(0));
      continue;
    }
    at += whole.length;
    const value = variableIn(name as string, context);
    // IAM: a variable without a value matches nothing.
    if (value === undefined) return undefined;
    for (let i = 0; i < value.length; i++) tokens.push(value.charCodeAt(i));
  }
  return tokens;
}

/** `${*}`, `${?}` and `${$}` are those characters themselves; `${key, 'else'}` has a value in any case. */
function variableIn(name: string, context: Context): string | undefined {
  if (name === '*' || name === '?' || name === '$') return name;
  const [, key = name, otherwise] = /^\s*([^,]+?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(name) ?? [];
  const values = context.get(key.toLowerCase());
  return values?.length === 1 ? values[0] : otherwise;
}

/** Goes back to the last star alone, so that it takes no exponential time. */
function fits(tokens: readonly Token[], text: string): boolean {
  let [token, at, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    if (tokens[token] === ANY) [star, resume, token] = [token, at, token + 1];
    else if (token < tokens.length && (tokens[token] === ONE || tokens[token] === text.charCodeAt(at))) [token, at] = [token + 1, at + 1];
    else if (star >= 0) [token, at, resume] = [star + 1, resume + 1, resume + 1];
    else return false;
  }
  while (tokens[token] === ANY) token++;
  return token === tokens.length;
}
