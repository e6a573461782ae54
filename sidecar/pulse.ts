import { emfLine } from '../core/emf';
import { KEPT_PERCENT } from '../core/metrics';
import type { Clock } from './clock';
import type { Sessions } from './sessions';
import type { Slots } from './slots';

/** What happens so seldom that only its happening is told. */
export type CountedMetric = 'DeploymentBlocked' | 'DeploymentUnknown' | 'SessionsHandedOver' | 'SecretLeaksBlocked';

/** Between two beats, for scaling: where that is faster than in AWS, so are they. */
const BEAT_SECONDS = 10;

/** What the instance tells of itself: one EMF line per tick, also when it is idle, because the service scales on the average. */
export class Pulse {
  #coldStarts = 0;
  #idleBeats = 0;
  readonly #counted = new Map<CountedMetric, number>();

  constructor(
    private readonly dimensions: { readonly Fleet: string; readonly Server: string },
    private readonly sessions: Sessions,
    private readonly slots: Slots,
    private readonly clock: Clock,
    private readonly print: (line: string) => void,
    /** For how many seconds it is to stay while no slot is in use; absent where others see to that. */
    private readonly keepIdleSeconds = 0,
  ) {}

  /** A slot was taken, or given back. */
  noteUse(): void {
    this.#idleBeats = 0;
  }

  /** A session or child was started while somebody waited for it. */
  countColdStart(): void {
    this.#coldStarts++;
  }

  count(metric: CountedMetric): void {
    this.#counted.set(metric, (this.#counted.get(metric) ?? 0) + 1);
  }

  beat(): void {
    const { inUse, capacity } = this.slots;
    const isKept = inUse === 0 && this.#idleBeats * BEAT_SECONDS < this.keepIdleSeconds;
    this.#idleBeats++;
    const values = {
      ActiveSessions: this.sessions.count,
      SlotsInUse: inUse,
      SlotUtilization: isKept ? KEPT_PERCENT : (100 * inUse) / capacity,
      ColdStarts: this.#coldStarts,
      ...Object.fromEntries(this.#counted),
    };
    this.#coldStarts = 0;
    this.#counted.clear();
    this.print(emfLine(this.dimensions, values, this.clock.now()));
  }
}
