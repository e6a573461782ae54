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
    const files = watch([...paths.roots], { ignoreInitial: true, ignored: (path, stats) => state.paths.isLeftOut(path, stats) });
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
