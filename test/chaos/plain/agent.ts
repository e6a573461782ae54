import { setTimeout as delay } from 'node:timers/promises';
import type { ClientProcess } from '../../interop/client-process';
import type { Share } from '../crew';
import type { Told } from '../messages';
import { type PlannedCall, planCall } from '../plan';
import { FENCED_TOOL } from '../tools';
import { type Heard, readReply, summarize } from './reply';

/** How often an agent makes one call, and its wait between two, in milliseconds. */
const ATTEMPTS = 8;
const AGAIN_AFTER_MS = 300;
const CONNECTIONS = 40;
const RECONNECT_MS = 500;

/** An agent as most are: a client, and a loop that does again what failed. */
export class PlainAgent {
  private client: ClientProcess | undefined;

  /** @param start begins a client that is not connected yet */
  constructor(
    private readonly start: () => Promise<ClientProcess>,
    private readonly share: Share,
    private readonly seed: number,
  ) {}

  /** Makes calls until there are none left. */
  async work(next: () => number | undefined, tell: (told: Told) => void): Promise<void> {
    for (let number = next(); number !== undefined; number = next()) {
      tell(await this.transfer(planCall(this.seed, this.share.name, number)));
    }
  }

  /** The identical call again, until there is an outcome or no sense in it. */
  private async transfer({ reference, behaviour, looks }: PlannedCall): Promise<Told> {
    const begun = performance.now();
    const heard: Heard[] = [];
    const first = await this.open();
    if (looks) await first.call('balance', {}); // a read that fails is of no interest: it changes nothing
    while (heard.length < ATTEMPTS) {
      const client = await this.open();
      const said = readReply(await client.call(FENCED_TOOL, { reference, amount: 10, behaviour }), reference);
      heard.push(said);
      if (!said.again) break;
      if (said.broken) await this.close();
      await delay(AGAIN_AFTER_MS);
    }
    const milliseconds = Math.round(performance.now() - begun);
    return { reference, agent: this.share.name, tool: FENCED_TOOL, ...summarize(heard), milliseconds };
  }

  /** @throws Error when it cannot be opened for a long time */
  private async open(): Promise<ClientProcess> {
    const { endpoint, token } = this.share;
    for (let attempt = 1; this.client === undefined; attempt++) {
      const client = await this.start();
      const reply = await client.connect(endpoint, { authorization: `Bearer ${token}` });
      if (reply !== 'no answer' && !('error' in reply)) this.client = client;
      else {
        await client.close();
        if (attempt === CONNECTIONS) throw new Error(`a client could not connect: ${JSON.stringify(reply).slice(0, 500)}`);
        await delay(RECONNECT_MS);
      }
    }
    return this.client;
  }

  async close(): Promise<void> {
    await this.client?.close();
    this.client = undefined;
  }
}
