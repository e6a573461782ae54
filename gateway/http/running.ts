/** Requests that are being served, whether their callers are there or not: a claimed call goes on without. */
export class Running {
  private served = 0;

  get count(): number {
    return this.served;
  }

  /** @param serving never rejects */
  track(serving: Promise<void>): void {
    this.served++;
    void serving.finally(() => this.served--);
  }
}
