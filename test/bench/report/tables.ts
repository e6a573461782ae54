import type { LoadResult, Row } from '../load-result';
import { STREAMS, type StreamsRow } from '../streams';
import { type Column, spreadText, type Table, tableOf, whole } from './table';

const COLUMNS: readonly Column<Row>[] = [
  { title: 'target', cell: ({ target }) => target },
  { title: 'calls/s', cell: ({ perSecond }) => whole(perSecond.median) },
  { title: '× nginx', cell: ({ ratio }) => (ratio ? spreadText(ratio, 2) : '') },
  { title: 'CPU µs/call', cell: ({ cpu }) => (cpu ? whole(cpu.median) : '') },
  { title: 'CPU × nginx', cell: ({ cpuRatio }) => (cpuRatio ? cpuRatio.median.toFixed(1) : '') },
  { title: 'by process', cell: ({ cpuBy }) => byProcess(cpuBy, whole) },
  { title: 'p50 / p99 µs', cell: ({ p50, p99 }) => `${whole(p50.median)} / ${whole(p99.median)}` },
  { title: 'added p50 / p99 µs', cell: ({ added }) => (added ? `${whole(added.p50.median)} / ${whole(added.p99.median)}` : '') },
  { title: 'MiB', cell: ({ mib }) => (mib === 0 ? '' : whole(mib)) },
  {
    title: 'DynamoDB requests / writes / bytes',
    cell: ({ tables }) => (tables ? `${tables.requests.toFixed(2)} / ${tables.writes.toFixed(2)} / ${whole(tables.bytes)}` : ''),
  },
  { title: 'wrong', cell: wrongOf },
];

const STREAMS_COLUMNS: readonly Column<StreamsRow>[] = [
  { title: 'target', cell: ({ target }) => target },
  { title: 'KiB a stream', cell: ({ kibBy }) => sum(kibBy).toFixed(1) },
  { title: 'by process', cell: ({ kibBy }) => byProcess(kibBy, (kib) => kib.toFixed(1)) },
  { title: 'calls/s beside them', cell: ({ beside }) => `× ${beside.toFixed(2)}` },
  { title: 'wrong', cell: wrongOf },
];

export function tableOfLoad(result: LoadResult): Table {
  return tableOf(result.title, noiseOf(result), result.rows, COLUMNS);
}

export function tableOfStreams(rows: readonly StreamsRow[]): Table {
  return tableOf(
    `${STREAMS.toLocaleString('en')} idle streams`,
    'resident memory before any load, and calls/s against those without',
    rows,
    STREAMS_COLUMNS,
  );
}

/** What others did on the machine meanwhile. */
function noiseOf({ calibration, others, evaluated, rounds }: LoadResult): string {
  const share = (value: number) => Math.round(value * 100);
  const taken = `others had ${share(others.median)} % of the machine (${share(others.low)}–${share(others.high)})`;
  return `${evaluated} of ${rounds} rounds; ${taken}; calibration ${spreadText(calibration, 0)} ms`;
}

/** Where there are several. */
function byProcess(values: Readonly<Record<string, number>>, say: (value: number) => string): string {
  const entries = Object.entries(values);
  return entries.length < 2 ? '' : entries.map(([name, value]) => `${name} ${say(value)}`).join(', ');
}

function wrongOf({ wrong }: { readonly wrong: number }): string {
  return wrong === 0 ? '' : String(wrong);
}

function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((total, value) => total + value, 0);
}
