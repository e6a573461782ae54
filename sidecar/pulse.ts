import { emfLine } from '../core/emf';
import type { Clock } from './clock';
import type { Sessions } from './sessions';
import type { Slots } from './slots';

/** What the instance tells of itself: one EMF line per tick, also when it is idle, because the service scales on the average. */
export class Pulse {
  #coldStarts = 0;

  constructor(
    private readonly dimensions: { readonly Fleet: string; readonly Server: string },
    private readonly sessions: Sessions,
    private readonly slots: Slots,
    private readonly clock: Clock,
    private readonly print: (line: string) => void,
  ) {}

  /** A session or child was started while somebody waited for it. */
  countColdStart(): void {
    this.#coldStarts++;
  }

  beat(): void {
    const { inUse, capacity } = this.slots;
    const values = {
      ActiveSessions: this.sessions.count,
      SlotsInUse: inUse,
      SlotUtilization: (100 * inUse) / capacity,
      ColdStarts: this.#coldStarts,
    };
    this.#coldStarts = 0;
    this.print(emfLine(this.dimensions, values, this.clock.now()));
  }
}
