/** What nobody awaits fails the work that is going on, so that the work's own end is orderly. */
export class Crash {
  private fail: (error: unknown) => void = () => {};
  private readonly happened = new Promise<never>((_, reject) => {
    this.fail = reject;
  });
  private readonly onError = (error: unknown) => this.fail(error);

  constructor() {
    this.happened.catch(() => {});
    process.on('uncaughtException', this.onError);
  }

  /** The work's result; rejects with the first error that nobody took. */
  async orElse<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.happened]);
  }

  dispose(): void {
    process.off('uncaughtException', this.onError);
  }
}
