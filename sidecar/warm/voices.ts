/** What agents ask for: each has one voice, for what it has asked for last, so that nobody alone says what is kept for all. */
export class Voices {
  /** By agent; who has spoken last comes last. */
  readonly #voices = new Map<string, string>();

  /**
   * @param most agents that are listened to; of more, those that have spoken last
   * @param silence what is asked for while nobody has spoken
   */
  constructor(
    private readonly most: number,
    private readonly silence: string,
  ) {}

  hear(agent: string, kind: string): void {
    this.#voices.delete(agent);
    this.#voices.set(agent, kind);
    if (this.#voices.size <= this.most) return;
    const [oldest] = this.#voices.keys();
    this.#voices.delete(oldest as string);
  }

  /** Shares out by voices, the kind with the most first: it has what rounding leaves. */
  share(count: number): ReadonlyMap<string, number> {
    const voices = this.#count();
    const all = Math.max(this.#voices.size, 1);
    const shares = new Map<string, number>();
    let left = count;
    for (const [kind, its] of voices) {
      const share = Math.min(Math.round((count * its) / all), left);
      if (share > 0) shares.set(kind, share);
      left -= share;
    }
    const [[first]] = voices as [[string, number]];
    if (left > 0) shares.set(first, (shares.get(first) ?? 0) + left);
    return shares;
  }

  /** Kinds and their voices, most first. */
  #count(): [string, number][] {
    if (this.#voices.size === 0) return [[this.silence, 1]];
    const counts = new Map<string, number>();
    for (const kind of this.#voices.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a);
  }
}
