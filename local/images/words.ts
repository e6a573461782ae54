/** Looks a build argument or environment variable up. */
export type Lookup = (name: string) => string | undefined;

/** `${NAME}`, with what may follow the name: a value for the case that it is missing (`-`), or that it is there (`+`). */
const BRACED = /^\{(\w+)(?:(:?[-+])([^}]*))?\}/;
const PLAIN = /^\w+/;
const QUOTE = /['"]/;

/**
 * Cuts a text into words as a shell does: at white space that is neither quoted nor escaped. Quotes stay in the words.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\' && quote !== "'") {
      word += character + (text[++at] ?? '');
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      if (quote === character) quote = '';
      else if (quote === '' && QUOTE.test(character)) quote = character;
      word += character;
    }
  }
  return word === '' ? words : [...words, word];
}

/**
 * The value of a word: quotes and escapes are taken off, variables are replaced; not between single quotes.
 * @throws Error that names a replacement which is not known here, and a quote that does not end
 */
export function expand(word: string, lookup: Lookup): string {
  let value = '';
  let quote = '';
  for (let at = 0; at < word.length; at++) {
    const character = word[at] as string;
    if (character === '\\' && quote !== "'") {
      const next = word[++at] ?? '';
      // Between double quotes a backslash escapes what has a meaning there, and is itself otherwise.
      value += quote === '"' && !/["\\$]/.test(next) ? character + next : next;
    } else if (character === '$' && quote !== "'") {
      const rest = word.slice(at + 1);
      const braced = BRACED.exec(rest);
      const name = braced ?? PLAIN.exec(rest);
      if (rest.startsWith('{') && !braced) throw new Error(`the replacement $${/^\{[^}]*\}?/.exec(rest)?.[0]} is not known here`);
      value += name === null ? character : braced ? replaced(braced, lookup) : (lookup(name[0]) ?? '');
      at += name?.[0].length ?? 0;
    } else if (quote === character) quote = '';
    else if (quote === '' && QUOTE.test(character)) quote = character;
    else value += character;
  }
  if (quote !== '') throw new Error(`a quote (${quote}) does not end`);
  return value;
}

function replaced([, name = '', operator = '', other = '']: RegExpExecArray, lookup: Lookup): string {
  const value = lookup(name);
  const isThere = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  if (operator.endsWith('+')) return isThere ? expand(other, lookup) : '';
  if (operator.endsWith('-') && !isThere) return expand(other, lookup);
  return value ?? '';
}

/** A JSON list of words (the exec form); undefined for anything else, which Docker takes for the shell form. */
export function execForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}
