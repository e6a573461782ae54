import { readFileSync } from 'node:fs';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { pictureFile } from './picture-files';

/** Pixels for one of the chart's own, where it is of a usual height: screens show two, and so does paper. */
const ZOOM = 2;
/** Highest picture, in pixels, unless the chart itself is higher: half a second and 35 MB. */
const HIGHEST = 4_800;

const FONT = 'Roboto';
const FONT_FILES = ['roboto-latin-400-normal.woff2', 'roboto-latin-700-normal.woff2'];

let started: Promise<void> | undefined;

/**
 * A chart as PNG, with the fonts of this package: it looks the same on every machine, also on one that has none.
 * @param svg as `curvesSvg` draws it
 */
export async function chartPng(svg: string): Promise<Uint8Array> {
  started ??= initWasm(readFileSync(pictureFile('index_bg.wasm')));
  await started;
  const height = Number(/^<svg [^>]*?height="(\d+)"/.exec(svg)?.[1] ?? 0);
  const fontBuffers = FONT_FILES.map((file) => new Uint8Array(readFileSync(pictureFile(file))));
  const picture = new Resvg(svg, {
    font: { fontBuffers, defaultFontFamily: FONT, sansSerifFamily: FONT },
    fitTo: { mode: 'zoom', value: Math.max(1, Math.min(ZOOM, HIGHEST / height)) },
  });
  return picture.render().asPng();
}
