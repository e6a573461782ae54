import { setTimeout as delay } from 'node:timers/promises';
import { conclusiveFrom } from '../../ledger/protocol';
import type { Later } from './history';
import type { Told } from './messages';
import { EFFECT_SECONDS, KEYED_TOOL } from './tools';

/** A row whose gateway died is left to it for five seconds before anyone says that nobody can tell. */
const PATIENCE_MS = 8_000;
/** A read that finds nothing is conclusive after the delivery window, the clocks' difference and the effect. */
const CONCLUSIVE_MS = conclusiveFrom({ claimedAt: 0 }, EFFECT_SECONDS * 1_000) + PATIENCE_MS;
const POLL_MS = 400;
const AT_ONCE = 64;

/** Asks for the outcome of every call that its agent did not learn, until it is settled or stays as it is. */
export async function askLater(
  told: readonly Told[],
  ask: (name: string, call: Told) => Promise<Later | undefined>,
): Promise<Map<string, Later>> {
  const answers = new Map<string, Later>();
  const waiting = told.filter(({ outcome }) => outcome === 'unknown' || outcome === 'nothing');
  const worker = async (): Promise<void> => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
      const asked = call;
      const name = call.key ?? call.callId;
      answers.set(call.reference, name === undefined ? 'no name' : await settle(asked.tool, () => ask(name, asked)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answers;
}

async function settle(tool: string, ask: () => Promise<Later | undefined>): Promise<Later> {
  const since = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer === 'confirmed' || answer === 'failed' || answer === 'not_executed') return answer;
    if (Date.now() > since + patienceWith(answer, tool)) {
      if (answer === undefined) throw new Error('The fleet is whole and gives no answer about a call.');
      return answer;
    }
    await delay(POLL_MS);
  }
}

function patienceWith(answer: Later | undefined, tool: string): number {
  return answer === 'unknown' && tool === KEYED_TOOL ? CONCLUSIVE_MS : PATIENCE_MS;
}

/** `GET {base}/{server}/calls/{key}`, as the agent who made the call. @returns undefined where there is no answer now */
export async function outcomeAt(url: string, token: string): Promise<Later | undefined> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(PATIENCE_MS) });
  const { outcome, state } = (await response.json()) as { readonly outcome?: Later; readonly state?: Later };
  return response.status === 404 ? 'no row' : (outcome ?? state);
}
