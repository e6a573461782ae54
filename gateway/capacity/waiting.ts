import type { Seat, Seeker } from '../../core/capacity/server-capacity';
import type { FleetError } from '../../core/errors';

/** One request on its way to a seat: it has one at once, or waits. */
export class Waiting implements Seeker {
  seat: Seat | undefined;
  private refused: FleetError | undefined;
  private over: (() => void) | undefined;

  /** @param refusal made when others have waited for less */
  constructor(
    readonly agent: string,
    readonly weight: number,
    private readonly refusal: () => FleetError,
  ) {}

  place(seat: Seat): void {
    this.seat = seat;
    this.over?.();
  }

  turnAway(): void {
    this.fail(this.refusal());
  }

  fail(error: FleetError): void {
    this.refused = error;
    this.over?.();
  }

  /** Resolves when it has its seat. @throws FleetError when it gets none */
  async seated(): Promise<Seat> {
    if (this.seat === undefined && this.refused === undefined) {
      await new Promise<void>((resolve) => {
        this.over = resolve;
      });
    }
    if (this.seat === undefined) throw this.refused;
    return this.seat;
  }
}
