import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import type { Epoch, Orders } from '../../core/orders';
import { CommandError, EXIT } from '../exit';
import { ordersAt } from '../orders-at';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';

interface RestoredOptions extends PlaceOptions {
  /** Milliseconds since the epoch. */
  readonly at?: number;
  readonly settled: boolean;
  readonly by: string;
  readonly json: boolean;
}

export function restoredCommand(): Command {
  const command = new Command('restored')
    .description('After the table was restored from a backup: keys that it may have forgotten are not executed again')
    .option('--at <moment>', 'the restore point, such as 2026-11-27T12:00:00Z', moment)
    .option('--settled', 'what was forgotten is in the table again: from now on it is believed', false)
    .option('--by <name>', 'who says so', userInfo().username)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(restored);
}

async function restored({ at, settled, by, json, ...options }: RestoredOptions): Promise<void> {
  if ((at === undefined) !== settled) {
    throw new CommandError(EXIT.USAGE, 'Say either --at MOMENT, the restore point, or --settled.', 'mcp-fleet ledger restored --help');
  }
  const orders = ordersAt(await placeOf(options));
  const standing = await orders.read();
  if (at === undefined) {
    if (standing.epoch === undefined) throw new CommandError(EXIT.NO, 'No restoration is noted; there is nothing to settle.');
    return tell(await orders.endEpoch(), json);
  }
  requireFrozen(standing);
  tell(await orders.begin({ from: at, until: Date.now(), by }), json);
}

/** Gateways that go on with the lost table would claim keys there after the moment until which they are taken for forgotten. */
function requireFrozen({ freezes }: Orders): void {
  if (freezes.some(({ server, tool }) => server === undefined && tool === undefined)) return;
  throw new CommandError(
    EXIT.NO,
    'The fleet is not frozen: gateways may still claim keys in the table that was lost.',
    'mcp-fleet freeze, then this again, then deploy the fleet with the restored table, then mcp-fleet unfreeze',
  );
}

function tell({ epoch }: Orders, json: boolean): void {
  terminal(json).result(json ? JSON.stringify({ epoch: epoch ?? null }) : epoch === undefined ? SETTLED : noted(epoch));
}

const SETTLED = 'Settled: the ledger is believed again.';

function noted({ from, until }: Epoch): string {
  const [restored, ordered] = [from, until].map((at) => new Date(at).toISOString());
  return `Noted: keys that may have been used between ${restored} and ${ordered} are unknown, and not executed, until they are settled.`;
}

function moment(text: string): number {
  const at = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (at <= Date.now()) return at;
  throw new InvalidArgumentError(`"${text}" is no moment of the past; expected ISO 8601 with its zone, such as 2026-11-27T12:00:00Z.`);
}
