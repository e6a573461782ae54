/** Looks for news again and again, one look at a time: one that takes longer than the interval is not overtaken by the next. */
export class RegularLook {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  /** @param look never rejects: a timer has nobody to tell */
  constructor(
    private readonly everyMs: number,
    private readonly look: () => Promise<void>,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.now(), this.everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One look, or the end of the one that is under way. */
  now(): Promise<void> {
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }
}
