import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const SOURCES = join(__dirname, 'watched');

/** Files of a company that changes them. */
export interface WatchedApp {
  /** Where `cdk.json` is. */
  readonly folder: string;
  readonly app: string;
  /** What the server `notes` says, which is built from its folder. */
  readonly notes: string;
  /** What the server `clock` says, which runs from a folder outside of the app's. */
  readonly clock: string;
}

/** Lays out an app in a folder, with two servers. */
export function watchedApp(within: string): WatchedApp {
  const folder = join(within, 'app');
  const notes = join(folder, 'servers/notes');
  const clock = join(within, 'clock');
  mkdirSync(notes, { recursive: true });
  mkdirSync(clock);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app: 'node --import tsx app.ts' }));
  const app = join(folder, 'app.ts');
  writeFileSync(app, readFileSync(join(SOURCES, 'app.ts'), 'utf8').replace('../../../lib', join(ROOT, 'lib')));
  for (const [to, server] of [
    [notes, 'notes.cjs'],
    [clock, 'clock.cjs'],
  ] as const)
    for (const file of [server, 'answers.cjs']) cpSync(join(SOURCES, file), join(to, file));
  return { folder, app, notes: join(notes, 'answers.cjs'), clock: join(clock, 'answers.cjs') };
}

/** As an editor saves: the whole file at once. */
export function change(path: string, from: string | RegExp, to: string): void {
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${path} has no ${from}`);
  writeFileSync(path, changed);
}
