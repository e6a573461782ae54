/** Splits a stream of bytes into lines of text; a line that is longer than allowed is reported and left out. */
export class Lines {
  #held: Buffer[] = [];
  #size = 0;
  #overlong = false;

  constructor(
    private readonly limit: number,
    private readonly onLine: (line: string) => void,
    private readonly onOverlong: () => void,
  ) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  #hold(part: Buffer): void {
    this.#size += part.length;
    this.#overlong ||= this.#size > this.limit;
    if (this.#overlong) this.#held = [];
    else this.#held.push(part);
  }

  #emit(): void {
    const line = this.#overlong ? undefined : (this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held)).toString();
    this.#held = [];
    this.#size = 0;
    this.#overlong = false;
    if (line === undefined) this.onOverlong();
    else if (line.trim() !== '') this.onLine(line.trim());
  }
}
