import { createHash } from 'node:crypto';

/** Names of options and variables behind which a secret may stand. */
const SECRETIVE = /key|token|secret|passw|credential|auth|cookie|session|signature|pin\b/i;
/** What issuers make so that it is known for a token: JSON Web Tokens, and keys with a prefix. */
const TOKEN = /^(eyJ[\w-]+\.|(sk|pk|rk|gh[a-z]|xox[a-z]|glpat|npm|AKIA|ASIA)[-_]?\w{12,})/;
/** Longer words without a space, a slash or a dot are rather keys than words. */
const OPAQUE = /^(?=.*\d)[\w+=-]{24,}$/;
const LONGEST = 200;

/** A command as it may be shown: what may be a secret in it stands as `…`. */
export function shownCommand(words: readonly string[]): string {
  return words.map((word, index) => shownWord(word, words[index - 1] ?? '')).join(' ');
}

/** A URL without credentials, query and fragment. */
export function shownUrl(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  return text.replace(/[?#].*$/s, '').replace(/^([^/]*\/\/)[^/@]*@/, '$1');
}

/** `https://host:port` of a URL. What is filled in at deployment may stand in it, so it is read as text. */
export function originOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]+/i.exec(shownUrl(url))?.[0] ?? 'an address that only deployment knows';
}

/** An image; of one that CDK builds, the beginning of its hash. */
export function shownImage(image: string): string {
  const hash = /:([0-9a-f]{64})$/.exec(image)?.[1];
  return hash === undefined ? image : `asset ${hash.slice(0, 12)}`;
}

/** A secret by its name or its construct, and the key of it that is taken. */
export function shownSecret(reference: string): string {
  const [, name = reference, field] = /^arn:.*?:secretsmanager:.*?:secret:([^:]+)(?::([^:]*).*)?$/s.exec(reference) ?? split(reference);
  return field ? `${name}, its ${field}` : name;
}

export function shownText(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

/** Stands for a text that is too long, or not to be shown. */
export function digestOf(text: string): string {
  return `sha256 ${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

/** `<Key>:pin::`, as CDK writes a secret of the stack with a key of it. */
function split(reference: string): readonly (string | undefined)[] {
  return /^(<[^>]+>):([^:]*)::$/.exec(reference) ?? [];
}

function shownWord(word: string, before: string): string {
  const [, option, value] = /^(-{0,2}[\w.-]+=)(.*)$/s.exec(word) ?? [];
  if (option !== undefined && value !== undefined) return SECRETIVE.test(option) ? `${option}…` : `${option}${shownWord(value, '')}`;
  if (/^--?[\w-]+$/.test(before) && SECRETIVE.test(before) && !word.startsWith('-')) return '…';
  if (TOKEN.test(word) || OPAQUE.test(word)) return '…';
  return shownUrl(word);
}
