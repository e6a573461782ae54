import { setTimeout as delay } from 'node:timers/promises';
import type { FaultOrder } from '../../../local/faults/order';
import { SERVER } from '../../chaos/fleet-app';
import type { Fleet } from '../../suites/fleet';
import type { Alarms } from './alarms';
import type { Load } from './load';

/** How long a fault lasts at least, in milliseconds; the longer one is what the documents promise. */
const LASTS = { short: 4_000, long: 60_000 };
/** It is ended by hand; by then it would be by itself. */
const MOST_MS = 5 * 60_000;

export interface Played {
  readonly fleet: Fleet;
  readonly load: Load;
  readonly alarms: Alarms;
  readonly long: boolean;
}

export interface PlayedFault {
  /** Of its agents. */
  readonly name: string;
  readonly words: string;
  /** What the alarm's name says, and which rings. */
  readonly alarm: string;
  /** @returns what was seen, in words */
  readonly play: (played: Played) => Promise<string>;
}

/** Each of what AWS does on a bad day. */
export const FAULTS: readonly PlayedFault[] = [
  faultOf('silence', 'the ledger says nothing', 'LedgerFailuresAlarm', 'amid', { kind: 'silence', what: 'ledger' }),
  // Gateways keep decisions for a while: it strikes those who come anew.
  faultOf('throttle', 'the authorizer throttles', 'AuthorizerFailuresAlarm', 'before', { kind: 'throttle', what: 'authorizer' }),
  // It rings until ECS has moved a gateway there again.
  faultOf('zone', 'a zone is lost', 'Zone0Alarm', 'amid', { kind: 'zone', zone: 'a' }),
  faultOf(
    'certificate',
    'a certificate expires',
    'CertificateAlarm',
    'amid',
    { kind: 'expire-certificate' },
    {
      before: { kind: 'expire-certificate', inDays: 10 },
      meanwhile: nobodyConnects,
      // Of the last day, which is more than an hour here, it takes the least.
      ends: false,
    },
  ),
];

interface FaultPlot {
  /** Whether its alarm is waited for until it ends. */
  readonly ends?: boolean;
  /** What comes before, and rings the alarm. */
  readonly before?: FaultOrder;
  /** What is to be seen while it lasts. */
  readonly meanwhile?: (fleet: Fleet) => Promise<void>;
}

function faultOf(
  name: string,
  words: string,
  alarm: string,
  when: 'before' | 'amid',
  order: FaultOrder,
  { ends = true, before, meanwhile }: FaultPlot = {},
): PlayedFault {
  const play = async ({ fleet, load, alarms, long }: Played): Promise<string> => {
    const { account } = fleet;
    if (before !== undefined) await warned(before, alarm, { fleet, alarms });
    const calls = when === 'amid' ? await load.begin(name) : undefined;
    const since = Date.now();
    const { id } = await account.fault({ ...order, forMs: MOST_MS } as FaultOrder);
    const late = calls ?? (await load.begin(name, { flows: false }));
    if (before === undefined) await alarms.begun(alarm, since);
    await meanwhile?.(fleet);
    await delay(Math.max(0, since + LASTS[long ? 'long' : 'short'] - Date.now()));
    const [ended] = account.clearFaults(id);
    if (ended === undefined || ended.struck === 0) throw new Error(`The fault struck nothing: ${JSON.stringify(ended)}`);
    const told = await late.done;
    if (ends) await alarms.ended(alarm);
    const confirmed = told.filter(({ outcome }) => outcome === 'confirmed').length;
    if (confirmed === 0) throw new Error(`Of ${told.length} calls none was confirmed.`);
    return `${told.length} calls, ${confirmed} confirmed; it struck ${ended.struck}, for ${Math.round((Date.now() - since) / 1000)} s`;
  };
  return { name, words, alarm, play };
}

/** What will come rings the alarm, while everything goes on. */
async function warned(order: FaultOrder, alarm: string, { fleet: { account }, alarms }: Pick<Played, 'fleet' | 'alarms'>): Promise<void> {
  const since = Date.now();
  const { id } = await account.fault({ ...order, forMs: MOST_MS } as FaultOrder);
  await alarms.begun(alarm, since);
  account.clearFaults(id);
}

/** Who opens a connection is told why it fails. */
async function nobodyConnects({ endpoint }: Fleet): Promise<void> {
  const error = await fetch(endpoint(SERVER), { method: 'DELETE' }).then(
    ({ status }) => new Error(`it is answered ${status}`),
    (failure: Error & { readonly cause?: { readonly code?: string } }) => failure,
  );
  const { code } = (error as { readonly cause?: { readonly code?: string } }).cause ?? {};
  if (code !== 'CERT_HAS_EXPIRED') throw new Error(`A connection fails by ${code ?? error.message}.`);
}
