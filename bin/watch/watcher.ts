import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { WatchedPaths } from './watched-paths';

/** Tells of files that are written, made or removed. What is watched may change while it watches. */
export class Watcher {
  private constructor(
    private readonly files: FSWatcher,
    private readonly state: { paths: WatchedPaths },
  ) {}

  /** Resolves when nothing that is saved from now on is missed. */
  static async start(paths: WatchedPaths, onChange: (path: string) => void, onError: (error: Error) => void): Promise<Watcher> {
    const state = { paths };
    const ignored = (path: string, stats?: Stats): boolean =>
      state.paths.isLeftOut(path, stats) || (stats !== undefined && leadsBack(path));
    const files = watch([...paths.roots], { ignoreInitial: true, ignored });
    const watcher = new Watcher(files, state);
    files.on('all', (event, path) => {
      if (event === 'add' || event === 'change' || event === 'unlink') onChange(path);
    });
    files.on('error', (error) => onError(error as Error));
    await new Promise<void>((ready) => files.once('ready', ready));
    return watcher;
  }

  /** What is not watched any more is no longer told of. */
  update(paths: WatchedPaths): void {
    const known = new Set(this.state.paths.roots);
    this.state.paths = paths;
    this.files.add(paths.roots.filter((root) => !known.has(root)));
  }

  async stop(): Promise<void> {
    await this.files.close();
  }
}

/** Whether a link leads to a folder that it is in: whoever follows it never ends. */
function leadsBack(path: string): boolean {
  try {
    if (!lstatSync(path).isSymbolicLink()) return false;
    return join(realpathSync(dirname(path)), basename(path)).startsWith(`${realpathSync(path)}${sep}`);
  } catch {
    return false; // it has just gone
  }
}
