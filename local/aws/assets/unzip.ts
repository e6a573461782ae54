import { createWriteStream } from 'node:fs';
import { mkdir, realpath, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';

/** An archive that unpacks to more is none of an app's: bytes, and files. */
const MOST_BYTES = 2 * 1024 ** 3;
const MOST_ENTRIES = 100_000;
const LONGEST_LINK = 4096;

const TYPE = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

export interface UnzipLimits {
  readonly bytes?: number;
  readonly entries?: number;
}

/**
 * Lays out what a zip archive holds in a folder that is there and empty, permissions kept. Nothing lands outside of it: names
 * that lead out are refused, and links are made when every file is written, so that none is written through one.
 * @throws Error that says what is wrong with the archive; what was written until then is the caller's to remove
 */
export async function unzip(archive: string, folder: string, limits: UnzipLimits = {}): Promise<void> {
  const zip = await openPromise(archive, { lazyEntries: true, autoClose: false, strictFileNames: true, validateEntrySizes: true });
  try {
    const entries = await entriesOf(zip, limits);
    const links = entries.filter((entry) => typeOf(entry) === LINK);
    for (const entry of entries) if (typeOf(entry) !== LINK) await write(zip, entry, folder);
    for (const entry of links) await link(zip, entry, folder);
    for (const entry of links) await requireInside(join(folder, entry.fileName), entry, folder);
  } finally {
    zip.close();
  }
}

/** All of them, before anything is written: the sizes are those that unpacking is held to. */
async function entriesOf(zip: ZipFile, { bytes = MOST_BYTES, entries: most = MOST_ENTRIES }: UnzipLimits): Promise<readonly Entry[]> {
  if (zip.entryCount > most) throw new Error(`it has ${zip.entryCount} entries, and at most ${most} are unpacked here`);
  const entries: Entry[] = [];
  let total = 0;
  for await (const entry of zip.eachEntry()) {
    total += entry.uncompressedSize;
    if (total > bytes) throw new Error(`it unpacks to more than ${bytes} bytes`);
    if (![FOLDER, FILE, LINK].includes(typeOf(entry))) throw new Error(`${entry.fileName} is no file, folder or link`);
    if (entry.isEncrypted()) throw new Error(`${entry.fileName} is encrypted`);
    if (typeOf(entry) === LINK && entry.uncompressedSize > LONGEST_LINK) throw new Error(`the link ${entry.fileName} is too long`);
    if (isAbsolute(entry.fileName) || entry.fileName.split('/').includes('..') || entry.fileName.includes('\0'))
      throw new Error(`${entry.fileName} leads out of it`);
    entries.push(entry);
  }
  return entries;
}

async function write(zip: ZipFile, entry: Entry, folder: string): Promise<void> {
  const path = join(folder, entry.fileName);
  if (typeOf(entry) === FOLDER) return void (await mkdir(path, { recursive: true }));
  await mkdir(dirname(path), { recursive: true });
  const given = modeOf(entry) & 0o777;
  const mode = given === 0 ? 0o644 : given | 0o400;
  await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path, { flags: 'wx', mode }));
}

async function link(zip: ZipFile, entry: Entry, folder: string): Promise<void> {
  const path = join(folder, entry.fileName);
  const target = await text(await zip.openReadStreamPromise(entry));
  if (isAbsolute(target) || target.includes('\0')) throw new Error(`the link ${entry.fileName} leads out of it`);
  // An earlier link may stand for the folder that this one is in.
  await mkdir(dirname(path), { recursive: true });
  await requireInside(dirname(path), entry, folder);
  await symlink(target, path);
}

/** Where a path really is, with every link on the way: a link to nothing is refused as well. */
async function requireInside(path: string, entry: Entry, folder: string): Promise<void> {
  const root = await realpath(folder);
  const real = await realpath(path).catch(() => '');
  if (real !== root && !real.startsWith(root + sep)) throw new Error(`the link ${entry.fileName} leads out of it, or to nothing`);
}

/** What the archive says of a file in Unix's words; archives made elsewhere say nothing. */
function modeOf({ externalFileAttributes, versionMadeBy }: Entry): number {
  return versionMadeBy >>> 8 === 3 ? externalFileAttributes >>> 16 : 0;
}

function typeOf(entry: Entry): number {
  const said = modeOf(entry) & TYPE;
  if (entry.fileName.endsWith('/')) return FOLDER;
  return said === 0 ? FILE : said;
}
