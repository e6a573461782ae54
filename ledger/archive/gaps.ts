/** Numbers that were passed over, and before which place; a range is one however large it is. */
interface Gap {
  readonly from: number;
  readonly to: number;
  readonly place: string;
}

/** What is missing in a chain as far as it was read. Those that turn up later were only moved. */
export class Gaps {
  /** In their order. */
  private gaps: Gap[] = [];

  /** Ranges come in their order. */
  pass(from: number, to: number, place: string): void {
    if (from <= to) this.gaps.push({ from, to, place });
  }

  /** Whether a number was passed over; it is none any more. */
  close(number: number): boolean {
    const at = this.gaps.findIndex(({ from, to }) => from <= number && number <= to);
    const gap = this.gaps[at];
    if (gap === undefined) return false;
    const left = [
      { ...gap, to: number - 1 },
      { ...gap, from: number + 1 },
    ].filter(({ from, to }) => from <= to);
    this.gaps.splice(at, 1, ...left);
    return true;
  }

  /** Those that are left, which are none any more. */
  take(): readonly Gap[] {
    const left = this.gaps;
    this.gaps = [];
    return left;
  }
}
