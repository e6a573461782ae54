/** Rows of text under headings, for a terminal and for a page. */
export interface Table {
  readonly title: string;
  /** Said beside the title. */
  readonly note: string;
  readonly head: readonly string[];
  /** A cell under each heading. */
  readonly rows: readonly (readonly string[])[];
}

/** What stands in a table of such rows: a heading, and a cell for each row. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

/** Columns that say nothing are left out. */
export function tableOf<Row>(title: string, note: string, rows: readonly Row[], columns: readonly Column<Row>[]): Table {
  const telling = columns.filter(({ cell }) => rows.some((row) => cell(row) !== ''));
  return { title, note, head: telling.map(({ title }) => title), rows: rows.map((row) => telling.map(({ cell }) => cell(row))) };
}

export function linesOf({ title, note, head, rows }: Table): readonly string[] {
  const widths = head.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`;
  return [`${title} (${note})`, ...[head, ...rows].map(line)];
}

export function markdownOf({ title, note, head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [`### ${title}`, '', note, '', ...[head, rule, ...rows].map(line)].join('\n');
}

/** Median and quartiles. */
export function spreadText(value: { readonly median: number; readonly low: number; readonly high: number }, digits: number): string {
  return `${value.median.toFixed(digits)} (${value.low.toFixed(digits)}–${value.high.toFixed(digits)})`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
