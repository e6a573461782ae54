import type { LoadResult, Row } from '../load-result';
import type { BenchResults } from '../results';
import { type Column, type Table, tableOf } from './table';

/** What is wanted of one figure, and what this run has shown; undefined where the run did not measure it. */
interface Target {
  readonly what: string;
  readonly least: string;
  readonly aim: string;
  readonly seen: (results: BenchResults) => number | undefined;
  readonly digits: number;
}

const TARGETS: readonly Target[] = [
  {
    what: 'gateway, reads: calls/s × nginx',
    least: '0.50',
    aim: '0.85',
    seen: ({ loads }) => row(loads, 'read', 'gateway')?.ratio?.median,
    digits: 2,
  },
  {
    what: 'gateway, reads: CPU × nginx',
    least: '3.5',
    aim: '2.0',
    seen: ({ loads }) => row(loads, 'read', 'gateway')?.cpuRatio?.median,
    digits: 1,
  },
  {
    what: 'gateway, reads: calls/s × gateway-like',
    least: '0.75',
    aim: '1.3',
    seen: ({ loads }) => against(loads, 'read', 'gateway', ['gateway-like']),
    digits: 2,
  },
  {
    what: 'gateway, reads: calls/s × the fastest MCP proxy of npm',
    least: '5',
    aim: '10',
    seen: ({ loads }) => against(loads, 'read', 'gateway', ['mcp-proxy', 'sdk-proxy']),
    digits: 1,
  },
  {
    what: 'write under a key: writes to DynamoDB',
    least: '2',
    aim: '2',
    seen: ({ loads }) => row(loads, 'keyed', 'gateway')?.tables?.writes,
    digits: 0,
  },
  { what: 'claim and settlement: CPU µs of the client', least: '150', aim: '100', seen: ({ claims }) => claims[0]?.cpu.median, digits: 0 },
  {
    what: 'sidecar, reads: calls/s × nginx',
    least: '0.80',
    aim: '0.95',
    seen: ({ loads }) => row(loads, 'read', 'sidecar')?.ratio?.median,
    digits: 2,
  },
  {
    what: 'gateway and sidecar before a server on the SDK v2: calls/s × direct',
    least: '0.75',
    aim: '0.90',
    seen: ({ loads }) => against(loads, 'sdk-v2', 'gateway+sidecar', ['direct']),
    digits: 2,
  },
  {
    what: 'gateway, results of 100 KB: calls/s × nginx',
    least: '1.0',
    aim: '1.3',
    seen: ({ loads }) => row(loads, 'large', 'gateway')?.ratio?.median,
    digits: 2,
  },
  { what: 'gateway: KiB for an idle stream', least: '25', aim: '18', seen: ({ streams }) => kibOf(streams, 'gateway'), digits: 1 },
  { what: 'sidecar: KiB for an idle stream', least: '25', aim: '18', seen: ({ streams }) => kibOf(streams, 'sidecar'), digits: 1 },
  {
    what: 'opening a session: writes to DynamoDB',
    least: '3',
    aim: '',
    seen: ({ openings }) => opening(openings)?.tables.writes,
    digits: 0,
  },
  {
    what: 'opening a session: CPU µs of the gateway',
    least: '2,000',
    aim: '',
    seen: ({ openings }) => opening(openings)?.cpu.median,
    digits: 0,
  },
  {
    what: 'gateway: ms until it takes connections',
    least: '250',
    aim: '',
    seen: ({ starts }) => starts.find(({ target }) => target === 'gateway')?.wall.median,
    digits: 0,
  },
];

const COLUMNS: readonly Column<readonly [Target, number]>[] = [
  { title: 'target', cell: ([{ what }]) => what },
  { title: 'at least', cell: ([{ least }]) => least },
  { title: 'aim', cell: ([{ aim }]) => aim },
  { title: 'in this run', cell: ([{ digits }, seen]) => seen.toFixed(digits) },
];

/** What was wanted of this run beside what it has shown. */
export function tableOfTargets(results: BenchResults): Table {
  const measured = TARGETS.flatMap((target): (readonly [Target, number])[] => {
    const seen = target.seen(results);
    return seen === undefined ? [] : [[target, seen]];
  });
  return tableOf('What is wanted, and what there is', 'of CPU, memory, writes and milliseconds “at least” is at most', measured, COLUMNS);
}

function row(loads: readonly LoadResult[], load: string, target: string): Row | undefined {
  return loads.find((result) => result.load === load)?.rows.find((candidate) => candidate.target === target);
}

/** Calls a second against the fastest of others. */
function against(loads: readonly LoadResult[], load: string, target: string, others: readonly string[]): number | undefined {
  const own = row(loads, load, target)?.perSecond.median;
  const theirs = others.flatMap((other) => row(loads, load, other)?.perSecond.median ?? []);
  return own === undefined || theirs.length === 0 ? undefined : own / Math.max(...theirs);
}

function kibOf(streams: BenchResults['streams'], name: string): number | undefined {
  const held = streams.find(({ target }) => target === name)?.kibBy;
  return held === undefined ? undefined : Object.values(held).reduce((sum, kib) => sum + kib, 0);
}

function opening(openings: BenchResults['openings']) {
  return openings.find(({ target }) => target === 'gateway');
}
