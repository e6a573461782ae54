import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalAccountError } from '../account-error';
import { makeStateFolder, nearestFolder, stateFolderOf } from '../state-folder';

/** Values of secrets that a person has given, by name: of secrets that the app only imports, or in place of generated ones. */
export type GivenSecrets = Readonly<Record<string, string>>;

const FILE = 'secrets.json';

/**
 * The given secrets of the nearest folder upward that has any.
 * @throws LocalAccountError when the file is damaged; no value is in the message
 */
export function readGivenSecrets(start: string): GivenSecrets {
  const folder = nearestFolder(start, (candidate) => existsSync(fileOf(candidate)));
  return folder === undefined ? {} : readFile(fileOf(folder));
}

/** Keeps a value, or forgets it when there is none, in the state folder of the app around a folder. @returns the file */
export function setGivenSecret(start: string, name: string, value: string | undefined): string {
  const folder = nearestFolder(start, (candidate) => existsSync(fileOf(candidate)) || existsSync(join(candidate, 'cdk.json'))) ?? start;
  const file = fileOf(folder);
  const others = Object.entries(existsSync(file) ? readFile(file) : {}).filter(([other]) => other !== name);
  makeStateFolder(folder);
  // A new file of this mode in place of the old one: its mode is right from the first byte, and no reader sees half of it.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(Object.fromEntries([...others, ...(value === undefined ? [] : [[name, value]])]), null, 2)}\n`, {
    mode: 0o600,
  });
  renameSync(draft, file);
  return file;
}

function fileOf(folder: string): string {
  return join(stateFolderOf(folder), FILE);
}

function readFile(file: string): GivenSecrets {
  const parsed = parse(readFileSync(file, 'utf8'));
  const isRight =
    typeof parsed === 'object' &&
    parsed !== null &&
    !Array.isArray(parsed) &&
    Object.values(parsed).every((value) => typeof value === 'string');
  if (isRight) return parsed as GivenSecrets;
  const message = `${file} is not a JSON object of texts. Remove it, and give the values again with \`mcp-fleet secret set NAME\`.`;
  throw new LocalAccountError('INVALID_ASSEMBLY', message);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What JSON.parse says quotes the text.
    return undefined;
  }
}
