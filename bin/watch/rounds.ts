import { relative } from 'node:path';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import { templateWithGrants } from '../../local/assembly/grants';
import type { LocalAccount, ServiceEvent } from '../../local/local-account';
import { errorDocument } from '../exit';
import type { Assembled } from '../synthesizer';
import { commandFolders } from './command-folders';
import { OwnWrites } from './own-writes';
import { Repetition } from './repetition';
import { Rollout } from './rollout';
import { type ServiceSource, servicesOf, type Templates } from './services';
import type { AssemblySource } from './source';
import { differenceBetween } from './template-difference';
import { TIMERS, type Timers, type Turn } from './turns';
import type { WatchEvent, WatchTeller } from './watch-events';
import { isWithin } from './watched-paths';

/** What a change means to people, a line each: who may call what, caps, policies, secrets. */
export type Describe = (before: Templates, after: Templates) => readonly string[];

export interface RoundsParts {
  readonly account: LocalAccount;
  readonly source: AssemblySource;
  /** Of the app. */
  readonly folder: string;
  readonly describe: Describe;
  readonly teller: WatchTeller;
  readonly interrupted: AbortSignal;
  readonly timers?: Timers;
  /** Told of the services that an assembly has, before they run. */
  readonly onServices: (services: readonly ServiceSource[]) => void;
}

/** From files that have changed to an account that runs them: one round for each turn. */
export class Rounds {
  private since = new Date();
  private rollout: Rollout | undefined;
  private readonly ownWrites = new OwnWrites();
  private readonly repetition = new Repetition();

  constructor(private readonly parts: RoundsParts) {}

  /** Whether the round that is under way tells of a trouble at its end. */
  explains(event: ServiceEvent): boolean {
    return this.rollout?.explains(event) ?? false;
  }

  /** Of what has changed while an assembly was made: what that may not have seen. */
  unseen(changes: Iterable<string>, assembly?: string): readonly string[] {
    return this.parts.source.readsFiles ? this.ownWrites.unseen(changes, assembly) : [...changes];
  }

  readonly run = async (turn: Turn): Promise<void> => {
    const { account, folder, interrupted, source, timers = TIMERS } = this.parts;
    const start = timers.now();
    const sinceStart = (): number => Math.round(timers.now() - start);
    const changes = new Set(turn.changes);
    const files = [...changes].map((path) => relative(folder, path));
    this.tell({ event: 'watch_change', at: new Date().toISOString(), files });
    if (this.repetition.isTold(changes))
      this.tell({ event: 'watch_hint', message: `${files.join(', ')}: written at every synthesis; name it in watch.exclude of cdk.json` });
    const rollout = new Rollout({
      account,
      turn,
      interrupted,
      timers,
      onRoll: (roll) => this.tell({ event: 'watch_roll', ...roll }),
      onServing: (serving) => {
        this.since = new Date();
        this.tell({ event: 'watch_applied', ...serving, sinceChangeMs: sinceStart() });
      },
    });
    this.rollout = rollout;
    try {
      const isTold = await this.bringAbout(rollout, turn, changes);
      if (!rollout.hasBegun && !isTold) this.tell({ event: 'watch_unchanged', sinceChangeMs: sinceStart() });
    } catch (error) {
      if (interrupted.aborted) return;
      if (!rollout.isGivenUp) return this.tellFailure('deployment', error);
      turn.later(changes, 0);
      this.tell({ event: 'watch_superseded', milliseconds: sinceStart() });
    } finally {
      this.rollout = undefined;
      if (!interrupted.aborted) source.prepare();
    }
  };

  /** @returns whether the outcome has been told, because there is no assembly to be had */
  private async bringAbout(rollout: Rollout, turn: Turn, changes: Set<string>): Promise<boolean> {
    const { account, describe, onServices } = this.parts;
    const running = servicesOf(account.templates);
    // What is no part of an image is no part of an assembly: nobody has to wait for one.
    const atOnce = this.runFrom(running, changes, 'all').filter(({ builtFrom }) => builtFrom.length === 0);
    const [assembled] = await both(this.assemble(turn, changes), rollout.redeploy(atOnce));
    if (assembled !== undefined) {
      const before = account.templates;
      const { templates, milliseconds, missing, assembly } = assembled;
      const services = servicesOf(templates);
      onServices(services);
      const difference = differenceBetween(before, templates);
      const meaning = difference ? describe(before, templates) : [];
      this.tell({ event: 'watch_synth', milliseconds, missing, made: 0, changed: 0, removed: 0, ...difference, meaning });
      if (difference) await rollout.apply(assembly, services);
    }
    const touched = this.runFrom(servicesOf(account.templates), changes, 'some');
    await rollout.redeploy(touched.filter(({ name }) => !rollout.rolled.includes(name)));
    return assembled === undefined;
  }

  /** An assembly that has seen every change up to its end; the second one in a row is taken as it is. */
  private async assemble(turn: Turn, changes: Set<string>): Promise<(Assembled & { readonly templates: Templates }) | undefined> {
    const { source, interrupted } = this.parts;
    try {
      for (let isAgain = false; ; isAgain = true) {
        const assembled = await source.next(interrupted);
        const unseen = this.unseen(turn.arrived(), assembled.assembly);
        for (const path of unseen) changes.add(path);
        if (unseen.length > 0 && !isAgain) {
          source.discard();
          continue;
        }
        this.putOff(turn, unseen);
        const { stacks } = readCloudAssembly(assembled.assembly);
        return { ...assembled, templates: Object.fromEntries(stacks.map((stack) => [stack.name, templateWithGrants(stack)])) };
      }
    } catch (error) {
      if (interrupted.aborted) throw error;
      this.putOff(turn, this.unseen(turn.arrived()));
      this.tellFailure('synthesis', error);
      return undefined;
    }
  }

  /** Services that run from folders in which something has changed; for `all`, only where everything that has is in such a folder. */
  private runFrom(services: readonly ServiceSource[], changes: ReadonlySet<string>, which: 'some' | 'all'): readonly ServiceSource[] {
    const folders = services.map((service) => service.commands.flatMap((command) => commandFolders(command, this.parts.folder)));
    const isIn = (path: string, index: number) => folders[index]?.some((folder) => isWithin(folder, path)) === true;
    if (which === 'all' && ![...changes].every((path) => services.some((_, index) => isIn(path, index)))) return [];
    return services.filter((_, index) => [...changes].some((path) => isIn(path, index)));
  }

  private putOff(turn: Turn, unseen: readonly string[]): void {
    const pause = this.repetition.pauseFor(unseen);
    if (unseen.length > 0) turn.later(unseen, pause);
  }

  private tellFailure(stage: 'synthesis' | 'deployment', error: unknown): void {
    const { code, message } = errorDocument(error) ?? { code: 'BUG', message: String(error) };
    this.tell({ event: 'watch_failed', stage, code, message, runningSince: this.since.toISOString() });
  }

  private tell(event: WatchEvent): void {
    this.parts.teller.watch(event);
  }
}

/** Both have ended before an error of one is told. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return await Promise.all([one, other]);
}
