import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from '../../suites/loopback';
import type { Deed } from '../vault/tell';

/** What servers did, as they told it themselves before they answered, and whether anybody was led elsewhere. */
export class Witness {
  private readonly deeds: Deed[] = [];
  private readonly led: string[] = [];

  private constructor(
    private readonly servers: readonly Server[],
    /** Where servers tell. */
    readonly suiteUrl: string,
    /** Where a server tries to lead others. */
    readonly elsewhereUrl: string,
    deeds: Deed[],
    led: string[],
  ) {
    this.deeds = deeds;
    this.led = led;
  }

  static async open(): Promise<Witness> {
    const deeds: Deed[] = [];
    const led: string[] = [];
    const suite = createServer((request, response) => {
      void text(request).then((told) => {
        deeds.push(JSON.parse(told) as Deed);
        response.end();
      });
    });
    const elsewhere = createServer((request, response) => {
      led.push(request.url ?? '');
      response.end('{}');
    });
    const urls = [await listenOnLoopback(suite), await listenOnLoopback(elsewhere)] as const;
    return new Witness([suite, elsewhere], ...urls, deeds, led);
  }

  /** What was done for a mark, which stands in what a server was given. */
  of(mark: string): readonly Deed[] {
    return this.deeds.filter(({ given }) => JSON.stringify(given).includes(mark));
  }

  /** All that was done since {@link forget}. */
  get all(): readonly Deed[] {
    return this.deeds;
  }

  /** How often somebody came where a server had sent them. */
  get ledElsewhere(): number {
    return this.led.length;
  }

  forget(): void {
    this.deeds.length = 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map(closeServer));
  }
}
