import { resultTextOf } from '../kept-text';
import type { LedgerRow } from '../row';

/** What a row says, as columns that people look at in a spreadsheet. */
const COLUMNS: Readonly<Record<string, (row: LedgerRow) => string | boolean | undefined>> = {
  claimedAt: ({ claimedAt }) => moment(claimedAt),
  settledAt: ({ settledAt, resolvedAt }) => moment(resolvedAt ?? settledAt),
  server: ({ server }) => server,
  tool: ({ tool }) => tool,
  method: ({ method }) => method,
  subject: ({ subject }) => subject,
  issuer: ({ issuer }) => issuer,
  task: ({ task }) => task,
  session: ({ session }) => session,
  state: ({ state }) => state,
  stateChanging: ({ stateChanging }) => stateChanging,
  idempotencyKey: ({ idempotencyKey }) => idempotencyKey,
  callId: ({ callId }) => callId,
  instance: ({ instance }) => instance,
  reason: ({ reason, resolutionReason }) => resolutionReason ?? reason,
  arguments: (row) => whole(row).arguments,
  result: (row) => whole(row).result,
};

export const CSV_HEADER = csvLine(Object.keys(COLUMNS));

export function csvOf(row: LedgerRow): string {
  return csvLine(Object.values(COLUMNS).map((column) => String(column(row) ?? '')));
}

/** A row with its texts as they were, where they are kept; for who reads JSON. */
export function whole(row: LedgerRow): LedgerRow {
  const { argumentsEncoding, resultEncoding, ...rest } = row;
  const args = resultTextOf({ result: row.arguments, ...(argumentsEncoding !== undefined && { resultEncoding: argumentsEncoding }) });
  const result = resultTextOf(row);
  return {
    ...rest,
    arguments: args ?? '',
    ...(args === undefined && { argumentsEncoding: 'omitted' as const }),
    ...(result !== undefined && { result }),
    ...(resultEncoding === 'omitted' && { resultEncoding }),
  };
}

/** RFC 4180 §2. */
function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => quoted(inert(cell))).join(',')}\r\n`;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** What agents and servers have said is shown and not computed: a spreadsheet takes these for the beginning of a formula (OWASP, CSV Injection). */
function inert(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

function moment(at: number | undefined): string {
  return at === undefined ? '' : new Date(at).toISOString();
}
