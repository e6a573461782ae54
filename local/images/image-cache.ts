import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../processes/alive';
import { copyFolder } from './copy-folder';
import type { Image, ImageSettings } from './image';

/** Images that nobody used for so long are removed; in milliseconds. */
const UNUSED = 14 * 24 * 3600_000;
/** No build takes so long: whoever began it was killed. In milliseconds. */
const ABANDONED = 24 * 3600_000;
/** However new they are, no more are kept than this. */
const MOST_IMAGES = 30;
const SETTINGS = 'image.json';
const BUILD = '.build-';
/** Whose build it is: a process id means something on its own machine only, and several may share a folder. */
const OWN = `${BUILD}${hostname().replaceAll(/[^\w-]/g, '_')}.`;

/** Removes what is half made, by the mark in its name, once nobody can still be at it. */
export function removeAbandoned(folder: string, mark: string): void {
  for (const { name, age } of agesIn(folder))
    if (name.includes(mark) && age > ABANDONED) rmSync(join(folder, name), { recursive: true, force: true });
}

/** What cannot be removed, as another's, stays: nobody asked for it. */
function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // said above
  }
}

function agesIn(folder: string): { readonly name: string; readonly age: number }[] {
  return readdirSync(folder).flatMap((name) => {
    const at = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
    return at === undefined ? [] : [{ name, age: Date.now() - at }];
  });
}

/** Folder in which this program keeps what it can make again. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cdk-mcp-fleet');
}

/** Images whose RUNs took their time, by what they are made of. Each use gets a copy: what a server writes stays out of the next run. */
export class ImageCache {
  private readonly folder = join(cacheFolder(), 'images');

  /** Removes what accounts of this machine that were killed had half made. */
  removeDead(): void {
    if (!existsSync(this.folder)) return;
    for (const name of readdirSync(this.folder)) {
      const owner = Number(name.split(OWN)[1]?.split('-', 1)[0]);
      if (owner > 0 && !isAlive(owner)) discard(join(this.folder, name));
    }
  }

  /** Lays the image of a key out at `root`. @returns undefined when there is none */
  async take(key: string, root: string): Promise<Image | undefined> {
    const kept = join(this.folder, key);
    if (!existsSync(kept)) return undefined;
    const now = new Date();
    utimesSync(kept, now, now);
    mkdirSync(root, { recursive: true });
    await copyFolder(join(kept, 'root'), root);
    return { ...(JSON.parse(readFileSync(join(kept, SETTINGS), 'utf8')) as ImageSettings), root };
  }

  /**
   * Makes the image of a key in a folder beside, and puts it in its place when it is whole: a build that is killed leaves no
   * half image, and of two at once the first one counts.
   */
  async make(key: string, build: (folder: string) => Promise<Image>): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    this.tidy();
    const folder = mkdtempSync(join(this.folder, `${key}${OWN}${process.pid}-`));
    try {
      const { root, ...settings } = await build(folder);
      const whole = join(folder, 'whole');
      mkdirSync(whole);
      renameSync(root, join(whole, 'root'));
      writeFileSync(join(whole, SETTINGS), JSON.stringify(settings));
      this.publish(whole, join(this.folder, key));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private publish(whole: string, place: string): void {
    try {
      renameSync(whole, place);
    } catch (error) {
      if (!existsSync(place)) throw error;
    }
  }

  private tidy(): void {
    removeAbandoned(this.folder, BUILD);
    const images = agesIn(this.folder).filter(({ name }) => !name.includes(BUILD));
    const old = images
      .sort((one, other) => one.age - other.age)
      .filter(({ age }, index) => age > UNUSED || (index >= MOST_IMAGES && age > ABANDONED));
    for (const { name } of old) rmSync(join(this.folder, name), { recursive: true, force: true });
  }
}
