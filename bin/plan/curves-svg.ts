/** Of one chart, in pixels. */
const WIDTH = 880;
const HEIGHT = 240;
const LEFT = 60;
const RIGHT = 10;
const TOP = 44;
const BOTTOM = 28;
/** From one name to the next. */
const NAME = 190;
const GREY = '#8c959f';

/** One line of a chart. */
export interface Curve {
  readonly name: string;
  /** At moments that are as far from each other as those of all curves. */
  readonly values: readonly number[];
  /** Attributes of its path. */
  readonly style: string;
}

export interface Chart {
  readonly title: string;
  /** How long it lasts, such as `8 h`. */
  readonly span: string;
  /** Behind the number of the highest value. */
  readonly unit?: string;
  readonly curves: readonly Curve[];
}

export const BLUE = '#1f6feb';
export const RED = '#cf222e';
export const DASHED = 'stroke-dasharray="4 3"';
export const BOLD = 'stroke-width="2"';

/** Charts, one below the other. */
export function curvesSvg(charts: readonly Chart[]): string {
  const height = charts.length * HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`,
    ' font-family="sans-serif" font-size="12">',
    `<title>${escaped(charts.map(({ title }) => title).join('; '))}</title><rect width="100%" height="100%" fill="white"/>`,
    ...charts.map((chart, i) => `<g transform="translate(0 ${i * HEIGHT})">${drawn(chart)}</g>`),
    '</svg>\n',
  ].join('');
}

function drawn({ title, span, unit = '', curves }: Chart): string {
  const top = Math.max(1, ...curves.flatMap(({ values }) => values));
  const steps = Math.max(1, ...curves.map(({ values }) => values.length - 1));
  return [
    `<text x="${LEFT}" y="18" font-weight="bold">${escaped(title)}</text>`,
    ...curves.map(({ name, style }, i) => {
      const x = LEFT + i * NAME;
      return `<path d="M${x} 30h24" fill="none" ${style}/><text x="${x + 30}" y="34">${escaped(name)}</text>`;
    }),
    ...[0, top].map((value) => {
      const y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
      return `<path d="M${LEFT} ${y}H${WIDTH - RIGHT}" stroke="${GREY}"/><text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${value}${unit}</text>`;
    }),
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 10}" text-anchor="end">${escaped(span)}</text>`,
    ...curves.map(({ values, style }) => `<path d="${pathOf(values, top, steps)}" fill="none" ${style}/>`),
  ].join('');
}

function pathOf(values: readonly number[], top: number, steps: number): string {
  const across = (WIDTH - RIGHT - LEFT) / steps;
  const down = HEIGHT - TOP - BOTTOM;
  return values
    .map((value, i) => `${i === 0 ? 'M' : 'L'}${(LEFT + i * across).toFixed(1)} ${(TOP + down * (1 - value / top)).toFixed(1)}`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
