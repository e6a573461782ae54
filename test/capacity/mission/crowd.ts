import { faster, type Timeline } from '../../../core/sizing/timeline';
import { type Wanted, Workforce } from '../../../core/sizing/workforce';
import { type Opener, openSession } from '../sessions';
import type { Mission } from './mission';
import { WorkingSession } from './working-session';

/** Who opens sessions on a server, by the agent's name in the workforce. */
export type OpenerOf = (server: string, agent: string) => Opener;

/** What became of the sessions that agents wanted of a server. */
export interface Sought {
  sought: number;
  opened: number;
  /** With a typed refusal each. */
  refused: number;
}

/** Agents of flesh and blood: the workforce of the simulation, on the clock of this machine, with real sessions. */
export class Crowd {
  /** By server. */
  readonly counts: Readonly<Record<string, Sought>>;
  /** Ends of sessions that their agents had not ended, and answers that no agent should get. */
  readonly problems: string[] = [];
  private readonly live = new Set<WorkingSession>();
  private readonly time: Timeline;

  constructor(
    private readonly mission: Mission,
    servers: readonly string[],
    private readonly clock: Timeline,
    private readonly openerOf: OpenerOf,
  ) {
    this.counts = Object.fromEntries(servers.map((server) => [server, { sought: 0, opened: 0, refused: 0 }]));
    this.time = faster(clock, mission.speed);
  }

  begin(): void {
    for (const server of Object.keys(this.counts))
      new Workforce(this.mission.profile, this.time, (wanted) => void this.serve(server, wanted)).start();
  }

  get total(): Sought {
    const all = Object.values(this.counts);
    const sum = (of: keyof Sought): number => all.reduce((total, counts) => total + counts[of], 0);
    return { sought: sum('sought'), opened: sum('opened'), refused: sum('refused') };
  }

  /** Those who are at work call once more, and end their sessions. */
  async end(): Promise<void> {
    await Promise.all([...this.live].map((session) => this.close(session)));
  }

  private async serve(server: string, { agent, length, over }: Wanted): Promise<void> {
    const counts = this.counts[server] as Sought;
    counts.sought++;
    const opener = this.openerOf(server, agent);
    const opened = await openSession(opener);
    if (opened.kind !== 'open') {
      if (opened.kind === 'turned away') counts.refused++;
      else this.problems.push(`${server}: ${opened.what}`);
      // Its agent does without it.
      return this.time.in(length, over);
    }
    counts.opened++;
    const session = new WorkingSession(opener, opened.id, this.clock, this.mission.profile.thinkSeconds * 1_000);
    this.live.add(session);
    this.time.in(length, () => void this.close(session).then(over));
  }

  private async close(session: WorkingSession): Promise<void> {
    // In the end it may be its time as well.
    if (!this.live.delete(session)) return;
    this.problems.push(...(await session.close()));
  }
}
