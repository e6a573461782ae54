import type { ClaimsRow } from '../claims';
import type { LoadResult, Row } from '../load-result';
import type { OpeningsRow } from '../openings';
import type { ProfileRow } from '../profile/profile';
import type { StartsRow } from '../starts';
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
  { title: 'with the young generation', cell: ({ residentBy }) => sum(residentBy).toFixed(1) },
  { title: 'calls/s beside them', cell: ({ beside }) => `× ${beside.toFixed(2)}` },
  { title: 'wrong', cell: wrongOf },
];

const OPENINGS_COLUMNS: readonly Column<OpeningsRow>[] = [
  { title: 'target', cell: ({ target }) => target },
  { title: 'sessions/s', cell: ({ perSecond }) => whole(perSecond.median) },
  { title: 'CPU µs a session', cell: ({ cpu }) => spreadText(cpu, 0) },
  { title: 'by process', cell: ({ cpuBy }) => byProcess(cpuBy, whole) },
  {
    title: 'DynamoDB requests / writes / bytes',
    cell: ({ tables: { requests, writes, bytes } }) =>
      requests === 0 ? '' : `${requests.toFixed(2)} / ${writes.toFixed(2)} / ${whole(bytes)}`,
  },
];

const CLAIMS_COLUMNS: readonly Column<ClaimsRow>[] = [
  { title: 'client', cell: ({ target }) => target },
  { title: 'CPU µs for claim and settlement', cell: ({ cpu }) => spreadText(cpu, 0) },
];

const STARTS_COLUMNS: readonly Column<StartsRow>[] = [
  { title: 'program', cell: ({ target }) => target },
  { title: 'ms until it is there', cell: ({ wall }) => spreadText(wall, 0) },
  { title: '× node -e 0', cell: ({ ratio }) => spreadText(ratio, 1) },
  { title: 'CPU ms', cell: ({ cpu }) => (cpu ? spreadText(cpu, 0) : '') },
];

export function tableOfClaims(rows: readonly ClaimsRow[]): Table {
  return tableOf('Claims that are settled', "the ledger's client alone, 16 at a time, two writes each", rows, CLAIMS_COLUMNS);
}

export function tableOfOpenings(rows: readonly OpeningsRow[]): Table {
  return tableOf('Sessions that are opened, 16 at a time', '`initialize` and `notifications/initialized`', rows, OPENINGS_COLUMNS);
}

export function tableOfStarts(rows: readonly StartsRow[]): Table {
  const note = 'from its start until it takes connections; of the authorizer, until its handler is there';
  return tableOf('Programs that start', note, rows, STARTS_COLUMNS);
}

export function tableOfLoad(result: LoadResult): Table {
  return tableOf(result.title, noiseOf(result), result.rows, COLUMNS);
}

export function tableOfStreams(rows: readonly StreamsRow[]): Table {
  return tableOf(
    `${STREAMS.toLocaleString('en')} idle streams`,
    "resident memory before any load, without and with what V8's young generation grows to meanwhile, and calls/s against those without",
    rows,
    STREAMS_COLUMNS,
  );
}

/** @param rows of one load */
export function tableOfProfiles(load: string, rows: readonly ProfileRow[]): Table {
  const names = [...new Set(rows.flatMap(({ shares }) => Object.keys(shares)))];
  const columns: Column<string>[] = [
    { title: 'whose code', cell: (name) => name },
    ...rows.map(({ target, shares }) => ({ title: target, cell: (name: string) => percent(shares[name]) })),
  ];
  const telling = names.filter((name) => rows.some(({ shares }) => (shares[name] ?? 0) >= 0.005));
  return tableOf(`Where the time goes: ${load}`, 'share of the time that a program was busy, by a CPU profile', telling, columns);
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${Math.round(share * 100)} %`;
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
