import type { LoadResult } from '../load-result';
import { GROWING, type Growing } from '../loads';
import type { Table } from './table';

/** Whether it is one of several loads that differ in a number. */
export function isGrowth({ load }: LoadResult): boolean {
  return GROWING.some((what) => load.startsWith(`${what}-`));
}

/** For each of what may grow a table: what calls cost each target with few and with many. */
export function tablesOfGrowth(results: readonly LoadResult[]): readonly Table[] {
  return GROWING.flatMap((what) => {
    const own = results.filter(({ load }) => load.startsWith(`${what}-`));
    return own.length < 2 ? [] : [tableOf(what, own)];
  });
}

function tableOf(what: Growing, results: readonly LoadResult[]): Table {
  const targets = (results[0] as LoadResult).rows.map(({ target }) => target).filter((target) => !target.startsWith('nginx'));
  return {
    title: `Reads, 10 connections, by the number of ${what}`,
    note: 'calls/s × nginx · CPU × nginx, each round by itself',
    head: ['target', ...results.map(({ load }) => Number(load.replace(/\D/g, '')).toLocaleString('en'))],
    rows: targets.map((target) => [target, ...results.map((result) => cellOf(result, target))]),
  };
}

function cellOf({ rows }: LoadResult, name: string): string {
  const row = rows.find(({ target }) => target === name);
  return `${row?.ratio?.median.toFixed(2) ?? ''} · ${row?.cpuRatio?.median.toFixed(1) ?? ''}`;
}
