import { inflateSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { chartPng } from '../../../bin/plan/chart-png';
import { BLUE, BOLD, curvesSvg } from '../../../bin/plan/curves-svg';

const curves = [{ name: 'sessions', values: [0, 4, 2], style: `stroke="${BLUE}" ${BOLD}` }];
const chart = (title: string, count = 1): string => curvesSvg(Array.from({ length: count }, () => ({ title, span: '8 h', curves })));

it('draws a chart at twice its size, with its curve, and with text on a machine without fonts', async () => {
  const [titled, without] = [readPng(await chartPng(chart('Größe'))), readPng(await chartPng(chart('')))];
  expect([titled.width, titled.height]).toEqual([1_760, 480]);
  // In the middle of the first line of the legend, and where nothing is.
  expect(titled.pixel(2 * 72, 2 * 30)).toEqual([0x1f, 0x6f, 0xeb]);
  expect(titled.pixel(2 * 400, 2 * 15)).toEqual([255, 255, 255]);
  // The renderer reads no font of the machine: what can be read came with the package.
  const ink = (picture: Picture): number => darkIn(picture, { from: [120, 8], to: [400, 44] });
  expect(ink(without)).toBe(0);
  expect(ink(titled)).toBeGreaterThan(200);
});

it('keeps a chart of many servers at its own size', async () => {
  expect(readPng(await chartPng(chart('payments', 21)))).toMatchObject({ height: 21 * 240, width: 880 });
});

interface Picture {
  readonly width: number;
  readonly height: number;
  pixel(x: number, y: number): readonly number[];
}

function darkIn({ pixel }: Picture, { from, to }: Record<'from' | 'to', readonly [number, number]>): number {
  let dark = 0;
  for (let y = from[1]; y < to[1]; y++) for (let x = from[0]; x < to[0]; x++) if ((pixel(x, y)[0] as number) < 128) dark++;
  return dark;
}

/** By the specification of PNG (W3C, third edition): eight bits of each of four colours, no interlacing. */
function readPng(png: Uint8Array): Picture {
  const bytes = Buffer.from(png);
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  expect([...bytes.subarray(24, 29)]).toEqual([8, 6, 0, 0, 0]);
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), 4 * width);
  return { width, height, pixel: (x, y) => [...(rows[y] as Buffer).subarray(4 * x, 4 * x + 3)] };
}

function unfiltered(raw: Buffer, length: number): Buffer[] {
  const rows: Buffer[] = [];
  for (let at = 0; at < raw.length; at += length + 1) {
    const row = Buffer.from(raw.subarray(at + 1, at + 1 + length));
    const above = rows.at(-1) ?? Buffer.alloc(length);
    for (let i = 0; i < length; i++) {
      const [a, b, c] = [i < 4 ? 0 : (row[i - 4] as number), above[i] as number, i < 4 ? 0 : (above[i - 4] as number)];
      row[i] = (row[i] as number) + ([0, a, b, (a + b) >> 1, paeth(a, b, c)][raw[at] as number] as number);
    }
    rows.push(row);
  }
  return rows;
}

function paeth(a: number, b: number, c: number): number {
  const [toA, toB, toC] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
}
