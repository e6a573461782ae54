import type { LoadResult, Row } from './results';
import type { Spread } from './statistics';

/** A column of a table of rows: what stands above it, and what in it. */
export interface Column {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

const TARGET: Column = { title: 'target', cell: ({ target }) => target };
const CALLS: Column = { title: 'calls/s', cell: ({ perSecond }) => whole(perSecond.median) };
const RATIO: Column = { title: '× nginx', cell: ({ ratio }) => spread(ratio, 2) };
const CPU: Column = { title: 'CPU µs/call', cell: ({ cpu }) => (cpu === undefined ? '' : whole(cpu.median)) };
const CPU_RATIO: Column = { title: '× nginx', cell: ({ cpuRatio }) => (cpuRatio === undefined ? '' : cpuRatio.median.toFixed(1)) };
const LATENCY: Column = { title: 'p50 / p99 µs', cell: ({ p50, p99 }) => `${whole(p50.median)} / ${whole(p99.median)}` };
const ADDED: Column = {
  title: 'added p50 / p99 µs',
  cell: ({ added }) => (added ? `${whole(added.p50.median)} / ${whole(added.p99.median)}` : ''),
};
const MEMORY: Column = { title: 'MiB', cell: ({ mib }) => (mib === 0 ? '' : whole(mib)) };
const TABLES: Column = {
  title: 'DynamoDB requests / writes / bytes a call',
  cell: ({ tables }) => (tables ? `${tables.requests.toFixed(2)} / ${tables.writes.toFixed(2)} / ${whole(tables.bytes)}` : ''),
};

export function columnsOf({ rows }: LoadResult): readonly Column[] {
  const columns = [TARGET, CALLS, RATIO, CPU, CPU_RATIO, LATENCY, ADDED, MEMORY, TABLES];
  return columns.filter(({ cell }) => rows.some((row) => cell(row) !== ''));
}

/** For a terminal. */
export function linesOf(result: LoadResult): readonly string[] {
  const { title, rows } = result;
  const cells = columnsOf(result).map(({ title, cell }) => [title, ...rows.map(cell)]);
  const widths = cells.map((column) => Math.max(...column.map(({ length }) => length)));
  const lines = ['', ...rows.map(wrongOf)].map((wrong, line) => {
    const texts = cells.map((column, index) => pad(column[line] as string, widths[index] as number, index === 0));
    return `  ${texts.join('  ')}${wrong}`;
  });
  return [`${title} (${noiseOf(result)})`, ...lines];
}

export function noiseOf({ calibration, others, evaluated, rounds }: LoadResult): string {
  const share = (value: number) => Math.round(value * 100);
  const taken = `others had ${share(others.median)} % of the machine (${share(others.low)}–${share(others.high)})`;
  return `${evaluated} of ${rounds} rounds; ${taken}, calibration ${spread(calibration, 0)} ms`;
}

function wrongOf({ wrong, firstWrong }: Row): string {
  return wrong === 0 ? '' : `  ${wrong} WRONG: ${firstWrong}`;
}

function pad(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}

function spread(value: Spread | undefined, digits: number): string {
  if (value === undefined) return '';
  return `${value.median.toFixed(digits)} (${value.low.toFixed(digits)}–${value.high.toFixed(digits)})`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
