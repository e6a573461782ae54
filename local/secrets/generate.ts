import { randomInt } from 'node:crypto';

/** `GenerateSecretString` of AWS::SecretsManager::Secret. */
export interface GenerateSecretString {
  readonly PasswordLength?: number | string;
  readonly ExcludeCharacters?: string;
  readonly ExcludeLowercase?: boolean | string;
  readonly ExcludeUppercase?: boolean | string;
  readonly ExcludeNumbers?: boolean | string;
  readonly ExcludePunctuation?: boolean | string;
  readonly IncludeSpace?: boolean | string;
  readonly RequireEachIncludedType?: boolean | string;
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

const DEFAULT_LENGTH = 32;
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const NUMBERS = '0123456789';
/** As the GetRandomPassword API lists them. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** A value as Secrets Manager makes it (GetRandomPassword): every included type occurs unless told otherwise. */
export function generateSecret(options: GenerateSecretString): string {
  const password = generatePassword(options);
  const { SecretStringTemplate: template, GenerateStringKey: key } = options;
  if (template === undefined || key === undefined) return password;
  return JSON.stringify({ ...(JSON.parse(template) as Record<string, unknown>), [key]: password });
}

function generatePassword(options: GenerateSecretString): string {
  const excluded = new Set(options.ExcludeCharacters ?? '');
  const types = [
    isSet(options.ExcludeLowercase) ? '' : LOWERCASE,
    isSet(options.ExcludeUppercase) ? '' : UPPERCASE,
    isSet(options.ExcludeNumbers) ? '' : NUMBERS,
    isSet(options.ExcludePunctuation) ? '' : PUNCTUATION,
    isSet(options.IncludeSpace) ? ' ' : '',
  ]
    .map((type) => [...type].filter((character) => !excluded.has(character)))
    .filter((type) => type.length > 0);
  const length = Number(options.PasswordLength ?? DEFAULT_LENGTH);
  const required = options.RequireEachIncludedType === undefined || isSet(options.RequireEachIncludedType) ? types.map(pick) : [];
  const characters = [...required, ...Array.from({ length: Math.max(0, length - required.length) }, () => pick(types.flat()))];
  return shuffle(characters).join('');
}

/** CloudFormation takes booleans as text too. */
function isSet(value: boolean | string | undefined): boolean {
  return value === true || value === 'true';
}

function pick(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] as string;
}

function shuffle(items: string[]): string[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [items[i], items[j]] = [items[j] as string, items[i] as string];
  }
  return items;
}
