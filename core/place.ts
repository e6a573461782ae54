/** Statuses by which a path says that it is not, or no more, where requests go. Of a session a 404 says so, too, and costs one redirect. */
const GONE = [404, 410];

/** Where a server is asked: where it was configured, or at another path to which it has sent requests, and answered them there. */
export class Place {
  #moved?: URL;

  /** @param onMove told of the new path */
  constructor(
    private readonly configured: URL,
    private readonly onMove: (path: string) => void = () => undefined,
  ) {}

  get url(): URL {
    return this.#moved ?? this.configured;
  }

  /**
   * Notes how a request ended. A redirect may have been meant for this one request: only where nothing but the path has changed on
   * the way is it for all, and only as long as it holds.
   * @param way places that it was sent to, one after the other; the last has answered
   */
  note(way: readonly URL[], method: string, status: number): void {
    const [first, last] = [way[0] as URL, way.at(-1) as URL];
    if (way.length === 1) {
      // That it has no stream, or no end of sessions, does not mean that it is elsewhere.
      if (GONE.includes(status) || (status === 405 && method === 'POST')) this.#forget(first);
    } else if (first !== this.configured) {
      this.#forget(first);
    } else if (status < 300 && way.every(({ search }) => search === first.search)) {
      this.#moved = last;
      this.onMove(last.pathname);
    }
  }

  #forget(place: URL): void {
    if (this.#moved?.href === place.href) this.#moved = undefined;
  }
}
