import type { Stallable, TargetGroup } from '../alb/target-group';

/** Groups of targets to which nothing passes for a while. */
export class CutLinks {
  private readonly cuts = new Map<TargetGroup, Cut>();

  /** @param refuse whether who comes is reset @param met told of each request that comes meanwhile */
  cut(group: TargetGroup, refuse: boolean, met: () => void): void {
    let goOn: () => void = () => {};
    const over = new Promise<void>((done) => {
      goOn = done;
    });
    this.cuts.set(group, { refuse, over, goOn, met });
    for (const exchange of exchangesOf(group)) exchange.stall();
  }

  /** What was sent meanwhile arrives now, where its sender still waits: so TCP sends again what was not heard of. */
  mend(group: TargetGroup): void {
    this.cuts.get(group)?.goOn();
    this.cuts.delete(group);
    for (const exchange of exchangesOf(group)) exchange.goOn();
  }

  isCut(group: TargetGroup): boolean {
    return this.cuts.has(group);
  }

  /** What a request to a group has to wait for; undefined where nothing is in its way. */
  meet(group: TargetGroup): Pick<Cut, 'refuse' | 'over'> | undefined {
    const cut = this.cuts.get(group);
    cut?.met();
    return cut;
  }
}

interface Cut {
  readonly refuse: boolean;
  readonly over: Promise<void>;
  readonly goOn: () => void;
  readonly met: () => void;
}

function exchangesOf(group: TargetGroup): Stallable[] {
  return group.all().flatMap(({ exchanges }) => [...exchanges]);
}
