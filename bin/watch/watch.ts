import { relative, resolve } from 'node:path';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import type { LocalAccount, ServiceEvent } from '../../local/local-account';
import type { Assembled } from '../synthesizer';
import { commandFolders } from './command-folders';
import { type Describe, Rounds } from './rounds';
import { type ServiceSource, servicesOf } from './services';
import { readWatchSettings } from './settings';
import type { AssemblySource } from './source';
import { Turns } from './turns';
import type { WatchTeller } from './watch-events';
import { appPaths, manifestPaths, serverPaths, together, type WatchedPaths } from './watched-paths';
import { Watcher } from './watcher';

export interface WatchParts {
  readonly source: AssemblySource;
  /** Where `cdk.json` is. */
  readonly folder: string;
  /** An assembly that another process writes, in place of an app. */
  readonly assembly?: string | undefined;
  readonly describe: Describe;
  readonly teller: WatchTeller;
  readonly interrupted: AbortSignal;
}

/** From an account that runs an assembly to one that runs what is saved. */
export class Watch {
  private rounds: Rounds | undefined;
  private readonly turns: Turns;
  private watcher: Watcher | undefined;

  private constructor(private readonly parts: WatchParts) {
    this.turns = new Turns(async (turn) => this.rounds?.run(turn));
  }

  /** What is saved from here on is not missed: it is kept until there is an account. */
  static async open(parts: WatchParts): Promise<Watch> {
    const watch = new Watch(parts);
    const onError = ({ message }: Error): void =>
      parts.teller.watch({ event: 'watch_hint', message: `not everything is watched: ${message}` });
    watch.watcher = await Watcher.start(watch.paths([]), watch.turns.take, onError);
    return watch;
  }

  /** The assembly that the account begins with. */
  async first(): Promise<Assembled> {
    const { source, interrupted } = this.parts;
    const assembled = await source.next(interrupted);
    const { stacks } = readCloudAssembly(assembled.assembly);
    this.attend(servicesOf(Object.fromEntries(stacks.map(({ name, template }) => [name, template]))));
    return assembled;
  }

  /** From here on, what is saved is applied. @param assembly with which the account began */
  begin(account: LocalAccount, assembly: string): void {
    const { teller, folder, assembly: written } = this.parts;
    this.rounds = new Rounds({ ...this.parts, account, onServices: (services) => this.attend(services) });
    this.parts.source.prepare();
    const folders = [written ?? folder, ...this.foldersOf(servicesOf(account.templates))];
    teller.watch({ event: 'watch_ready', folders: [...new Set(folders.map((each) => relative(folder, each) || '.'))] });
    this.turns.open((changes) => this.rounds?.unseen(changes, assembly) ?? []);
  }

  /** Whether a trouble is told by the round that is under way. */
  explains(event: ServiceEvent): boolean {
    return this.rounds?.explains(event) ?? false;
  }

  async stop(): Promise<void> {
    this.turns.stop();
    await this.watcher?.stop();
    await this.parts.source.dispose();
  }

  private attend(services: readonly ServiceSource[]): void {
    this.watcher?.update(this.paths(services));
  }

  private paths(services: readonly ServiceSource[]): WatchedPaths {
    const { folder, assembly } = this.parts;
    const settings = readWatchSettings(folder);
    return together([
      assembly === undefined ? appPaths(folder, settings) : manifestPaths(assembly),
      ...this.foldersOf(services).map((root) => serverPaths(root, folder, settings)),
    ]);
  }

  private foldersOf(services: readonly ServiceSource[]): readonly string[] {
    const { folder, assembly } = this.parts;
    const all = services.flatMap(({ builtFrom, commands }) => [
      // Whoever writes the assembly watches what it is made of.
      ...(assembly === undefined ? builtFrom.map((from) => resolve(folder, from)) : []),
      ...commands.flatMap((command) => commandFolders(command, folder)),
    ]);
    return [...new Set(all)];
  }
}
