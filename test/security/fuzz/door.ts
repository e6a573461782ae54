import type { IncomingMessage } from 'node:http';
import { FleetError } from '../../../core/errors';
import { findElements } from '../../../core/json-members';
import type { Decision } from '../../../core/policy';
import { upstreamText } from '../../../core/reading/upstream-text';
import { authorize } from '../../../gateway/authorize';
import type { Identified } from '../../../gateway/call';
import { Departure } from '../../../gateway/departure';
import { Exchange } from '../../../gateway/http/exchange';
import { identify } from '../../../gateway/identify';
import { GRANTED_PROMPT, GRANTED_RESOURCES, GRANTED_TOOLS, MOST_LENT } from '../town/tools';
import type { Made } from './messages';

/** What the authorizer says of an agent that may use the vault. */
const DECISION: Decision = {
  effect: 'allow',
  tools: [...GRANTED_TOOLS],
  rules: [{ tool: 'lend', when: { amount: { atLeast: '0', atMost: String(MOST_LENT) }, to: { matches: 'acme-*', absent: 'allowed' } } }],
  deniedTools: [],
  resources: [GRANTED_RESOURCES],
  prompts: [GRANTED_PROMPT],
  reason: 'granted by the suite',
};
const HELD = { bytes: 0, add: () => undefined, drop: () => undefined, reserve: async () => undefined };
/** The stages `identify` and `authorize` themselves; around them what they ask of others, whose answers are known. */
const PARTS = {
  config: { allowedOrigins: [], identity: {}, servers: { vault: { tools: {} } } },
  tokens: { verify: async () => ({ issuer: 'https://login.example', subject: 'agent-reader' }) },
  sealKeys: { all: [] },
  holdings: { hold: () => HELD },
  decisions: { of: async () => DECISION, forget: () => undefined },
  catalogue: { paramHeaders: async () => [], trusted: async () => undefined },
  openTasks: { isOf: async () => false },
} as unknown as Parameters<typeof identify>[1] & Parameters<typeof authorize>[1];

/** What a server would be sent for a request, after the real stages have judged it. Nothing where it is refused. */
export async function admitted(made: Made): Promise<readonly string[]> {
  try {
    const exchange = exchangeOf(made);
    const identified = await identify(exchange, PARTS);
    if (identified.lane !== 'batch') return await sentFor(identified);
    const parts = findElements(identified.text ?? '', 0).map(({ start, end }) => (identified.text ?? '').slice(start, end));
    const judged = parts.map((text) => judgePart(exchange, text));
    return (await Promise.all(judged)).flat();
  } catch (error) {
    if (FleetError.is(error)) return [];
    throw error;
  }
}

async function judgePart({ request, reply, gone }: Exchange, text: string): Promise<readonly string[]> {
  try {
    return await sentFor(await identify(new Exchange(request, reply, 'vault', 0, gone, Buffer.from(text)), PARTS));
  } catch (error) {
    if (FleetError.is(error)) return [];
    throw error;
  }
}

async function sentFor(identified: Identified): Promise<readonly string[]> {
  const { lane, message, text = '' } = await authorize(identified, PARTS);
  return lane === 'dropped' || message === undefined ? [] : [upstreamText(message, text, 1)];
}

function exchangeOf({ body, headers }: Made): Exchange {
  const all = [['authorization', 'Bearer token'], ...headers];
  const request = {
    method: 'POST',
    url: '/vault/mcp',
    headers: Object.fromEntries(all),
    rawHeaders: all.flat(),
    complete: true,
    readableLength: body.length,
    read: () => body,
  };
  return new Exchange(request as unknown as IncomingMessage, {} as never, 'vault', 0, new Departure());
}
