import { agentId } from '../../core/agent';
import type { LedgerRow } from '../../ledger/row';
import type { Attack, Owed, Threat } from './threat';
import type { Town } from './town/town';

/** What came of one attack. */
export interface Played {
  readonly threat: string;
  readonly attack: string;
  /** What did not hold; absent where all did. */
  readonly fault?: string;
}

/** Attacks that are under way at a time. */
const AT_ONCE = 8;

/** Plays the attacks of some threats, and looks for the rows that they owe. */
export async function playAll(threats: readonly Threat[], town: Town, signal: AbortSignal): Promise<readonly Played[]> {
  const since = Date.now();
  const waiting = threats.flatMap((threat) => threat.attacks.map((attack) => ({ threat, attack })));
  const ended: Ended[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift())
      ended.push({ threat: next.threat.id, attack: next.attack.name, ...(await playOne(next.attack, town)) });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  signal.throwIfAborted();
  const rows = (await town.rows()).filter(({ claimedAt }) => claimedAt >= since);
  return ended.map(({ owed, ...played }) => {
    const missing = owed.find((one) => !rows.some((row) => pays(row, one, town)));
    return missing === undefined || played.fault !== undefined ? played : { ...played, fault: `no row of ${JSON.stringify(missing)}` };
  });
}

interface Ended extends Played {
  readonly owed: readonly Owed[];
}

async function playOne({ play }: Attack, town: Town): Promise<Pick<Ended, 'fault' | 'owed'>> {
  try {
    return { owed: (await play(town)) ?? [] };
  } catch (error) {
    return { owed: [], fault: (error as Error).message };
  }
}

function pays(row: LedgerRow, { agent, server, error, tool, callId }: Owed, { forger }: Town): boolean {
  if (callId !== undefined && row.callId !== callId) return false;
  const id = agentId({ issuer: String(forger.honest.iss), subject: `agent-${agent}` });
  const isItsOwn = row.agent === id && row.server === server && row.tool === tool;
  return isItsOwn && row.state === 'not_executed' && row.reason?.startsWith(`${error}:`) === true;
}
