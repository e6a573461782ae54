import type { Stage } from '../../suites/suite';
import { callAtOnce } from '../at-once';
import { send } from '../town/send';
import type { Town } from '../town/town';
import { wrongCall, wrongIn } from './grant';
import { messageOf } from './messages';

/** What came of messages that went through the fleet. */
export interface Through {
  readonly messages: number;
  /** What the server did, by its own account. */
  readonly executed: number;
  /** Of it what was not granted. */
  readonly bypasses: readonly string[];
}

const AT_ONCE = 16;

/** Sends made-up messages to the fleet, and looks at what its server did. */
export async function fuzzThrough(town: Town, seed: number, messages: number, stage: Pick<Stage, 'signal' | 'say'>): Promise<Through> {
  const [token, session] = [await town.token('reader'), await town.session('reader', 'vault')];
  town.witness.forget();
  const one = async (index: number): Promise<void> => {
    const { body, headers } = messageOf(seed, index);
    const isModern = headers.some(([name]) => name === 'mcp-method');
    const own = [['authorization', `Bearer ${token}`] as const, ...(isModern ? [] : [['mcp-session-id', session] as const])];
    await send({ url: `${town.edge}/vault/mcp`, headers: [...headers, ...own], body });
  };
  await callAtOnce(AT_ONCE, { calls: messages, what: 'messages went through the fleet' }, stage, one);
  const { all } = town.witness;
  const wrong = all.map(({ what, given }) => (what.includes('/') ? wrongIn({ method: what, params: given }) : wrongCall(what, given)));
  return { messages, executed: all.length, bypasses: wrong.filter((one): one is string => one !== undefined) };
}
