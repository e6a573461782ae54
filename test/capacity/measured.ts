import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../suites/root';

const BEGIN = '<!-- measured by npm run test:capacity: what stands from here to the next line of this kind is written by it -->';
const END = '<!-- end of what was measured -->';

/** Writes the measured part of a page anew; what people wrote stays. @throws Error for a page without one */
export function writeMeasured(page: string, measured: string): void {
  const file = join(ROOT, 'docs', page);
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${file} has no lines "${BEGIN}" and "${END}" between which to write.`);
  writeFileSync(file, `${text.slice(0, from)}${BEGIN}\n\n${measured}\n\n${text.slice(to)}`);
}

/** Writes a chart beside the pages. */
export function writeChart(name: string, svg: string): void {
  writeFileSync(join(ROOT, 'docs', name), svg);
}
