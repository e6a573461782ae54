const BARS = '▁▂▃▄▅▆▇█';

/** A curve as a line of blocks: as many as there is room for, each the highest of the values that it stands for. @param top value of the highest block */
export function sparkline(values: readonly number[], width: number, top = Math.max(...values, 1)): string {
  const columns = Math.min(width, values.length);
  const from = (column: number): number => Math.floor((column * values.length) / columns);
  return Array.from({ length: columns }, (_, column) => {
    const value = values.slice(from(column), from(column + 1)).reduce((most, one) => Math.max(most, one), 0);
    return value === 0 ? ' ' : BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))];
  }).join('');
}
