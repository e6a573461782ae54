import { userInfo } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Ledger } from '../../ledger/ledger';
import { LedgerTable } from '../../ledger/ledger-table';
import { timeline } from '../../ledger/printing/timeline';
import { mayResolve, RESOLUTIONS, type Resolution } from '../../ledger/protocol';
import type { LedgerRow } from '../../ledger/row';
import { sdkTable } from '../../ledger/table/sdk-table';
import { CommandError, EXIT } from '../exit';
import { rowsForName } from '../ledger-rows';
import type { Place, PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';

interface ResolveOptions extends PlaceOptions {
  readonly outcome: Resolution;
  readonly reason: string;
  readonly by: string;
  readonly json: boolean;
}

export function resolveCommand(): Command {
  const command = new Command('resolve')
    .description('Say what became of a call whose outcome is unknown, after you have looked')
    .argument('<key>', 'idempotency key or call id')
    .addOption(new Option('--outcome <outcome>', 'not_executed frees the key').choices(RESOLUTIONS).makeOptionMandatory())
    .requiredOption('--reason <sentence>', 'what you have seen, and where; the agent that asks again reads it too', sentence)
    .option('--by <name>', 'who says so', userInfo().username)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(resolve);
}

async function resolve(key: string, { outcome, reason, by, json, ...options }: ResolveOptions): Promise<void> {
  const place = await placeOf(options);
  const row = theOneToResolve(key, await rowsThatMayBe(key, place), Date.now());
  const ledger = new Ledger(new LedgerTable(sdkTable(place.dynamodb), place.names.ledger), { name: by, now: Date.now });
  const word = { outcome, resolvedBy: by, resolvedAt: Date.now(), resolutionReason: reason };
  if (!(await ledger.resolve(row, word))) {
    throw new CommandError(
      EXIT.NO,
      `The call "${key}" was settled by evidence just now; nothing was changed.`,
      `mcp-fleet ledger show ${key}`,
    );
  }
  const resolved = await ledger.read(row.pk);
  const { result, paint } = terminal(json);
  if (json) return result(JSON.stringify({ call: resolved }));
  timeline(resolved as LedgerRow, paint).forEach(result);
}

/** The unknown ones of that name; where there is none, those that are not. */
async function rowsThatMayBe(key: string, place: Place): Promise<readonly LedgerRow[]> {
  const unknown = await place.tables.unknown(place.servers);
  const named = unknown.filter(({ callId, idempotencyKey }) => [callId, idempotencyKey].includes(key));
  return named.length > 0 ? named : await rowsForName(key, place, await place.tables.allowlist());
}

/**
 * The row that a person's word is meant for.
 * @param now milliseconds since the epoch
 * @throws CommandError with exit code 3, saying why there is nothing to resolve
 */
export function theOneToResolve(key: string, rows: readonly LedgerRow[], now: number): LedgerRow {
  const named = rows.filter(({ callId, idempotencyKey }) => callId === key || idempotencyKey === key);
  const [row, another] = named.filter(({ state }) => state === 'unknown');
  if (row === undefined) throw new CommandError(EXIT.NO, whyNot(key, named), 'only an unknown outcome is for a person to settle');
  if (another !== undefined) {
    const ids = named.filter(({ state }) => state === 'unknown').map(({ callId }) => callId);
    throw new CommandError(EXIT.NO, `${ids.length} calls with the key "${key}" are unknown.`, `name one by its call id: ${ids.join(', ')}`);
  }
  if (!mayResolve(row, now)) {
    throw new CommandError(
      EXIT.NO,
      `The call "${key}" may still be under way: its gateway may work on it until ${new Date(row.leaseUntil).toISOString()}.`,
      'come back after that; until then evidence may still turn up',
    );
  }
  return row;
}

function whyNot(key: string, named: readonly LedgerRow[]): string {
  if (named.length === 0) return `No call has the idempotency key or call id "${key}".`;
  return `The call "${key}" is ${[...new Set(named.map(({ state }) => state))].join(' and ')}, not unknown; nothing was changed.`;
}

function sentence(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty; say what you have seen, and where.');
  return text;
}
