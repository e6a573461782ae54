import { recoveringFetch } from '../../../client';
import type { AgentSettings, Told } from '../messages';
import { type PlannedCall, planCall } from '../plan';
import { FENCED_TOOL, KEYED_TOOL } from '../tools';
import { Departures } from './departures';
import { readFailure, readResult } from './outcome';
import { openSdkClient, type SdkClient } from './sdk-client';

/** What the client is told to wait for a call, in milliseconds. */
const TIMEOUT_MS = 15_000;
/** What the recovering fetch may spend on one call: less than the client waits. */
const BUDGET = { attempts: 8, totalMs: 12_000, backoffMs: 100 };
/** Wait before a client that could not connect tries again, in milliseconds. */
const RECONNECT_MS = 500;
const CONNECTIONS = 40;

/** One agent: an official client with a recovering fetch. It makes a call once and takes what it is told. */
export class Agent {
  private readonly departures = new Departures();

  /** @param index which of the process's agents it is; by turns they use the tool with a key and the fenced one */
  constructor(
    private readonly settings: AgentSettings,
    private readonly index: number,
  ) {}

  /** Makes calls until there are none left. @param next number of the next call */
  async work(next: () => number | undefined, tell: (told: Told) => void): Promise<void> {
    const client = await this.connect();
    for (let number = next(); number !== undefined; number = next()) {
      tell(await this.transfer(client, planCall(this.settings.seed, this.settings.name, number)));
    }
    await client.close();
  }

  private async transfer(client: SdkClient, { reference, behaviour, looks }: PlannedCall): Promise<Told> {
    const { name: agent } = this.settings;
    const tool = this.index % 2 === 0 ? KEYED_TOOL : FENCED_TOOL;
    // A read that fails is of no interest here: it changes nothing.
    if (looks) await client.callTool({ name: 'balance', arguments: {} }, TIMEOUT_MS).catch(() => undefined);
    const begun = performance.now();
    const told = await client
      .callTool({ name: tool, arguments: { reference, amount: 10, behaviour } }, TIMEOUT_MS)
      .then((result) => readResult(result, reference), readFailure);
    const { key, count } = this.departures.take(reference);
    const milliseconds = Math.round(performance.now() - begun);
    return { reference, agent, tool, ...told, ...(key !== undefined && { key }), attempts: count, milliseconds };
  }

  /** The fleet is under attack already: an agent that cannot connect tries again. */
  private async connect(): Promise<SdkClient> {
    const { kind, endpoint, token } = this.settings;
    for (let attempt = 1; ; attempt++) {
      try {
        const fetch = recoveringFetch({ budget: BUDGET, fetch: this.departures.fetch });
        return await openSdkClient(kind, endpoint, token, fetch);
      } catch (error) {
        if (attempt === CONNECTIONS) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    }
  }
}
