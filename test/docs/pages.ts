import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../suites/root';
import { type Documented, type Remark, remarkOf } from './documented';
import { withoutComment } from './words';

/** A fenced block, and the remark on the line above it. */
const BLOCK = /(?:^<!-- docs-test: (.*) -->\n)?^ *```(\w*)\n([\s\S]*?)^ *```/gm;
const SHELLS = ['sh', 'bash', 'shell', 'console', ''];
/** In blocks with output in them, what is typed stands behind a prompt. */
const PROMPTED = ['console', ''];
/** Whole commands within a sentence, suites also by their names alone; `mcp-fleet check` there is no more than a name. */
const IN_PROSE = /`((?:npx \S|npm start|npm test|(?:npm run )?test:)[^`]*)`/g;

/** All commands of the pages that people read, in the order of the pages; what their sentences mention comes after their blocks. */
export function commandsOfPages(): readonly Documented[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const pages = ['README.md', ...docs.sort().map((name) => `docs/${name}`), 'bin/template/README.md'];
  return pages.flatMap((page) => commandsOf(page, readFileSync(join(ROOT, page), 'utf8')));
}

/** @throws Error for a remark that is about nothing */
export function commandsOf(page: string, text: string): readonly Documented[] {
  const found: Documented[] = [];
  let remarks = 0;
  const prose = text.replaceAll(BLOCK, (block, remark: string | undefined, language: string, body: string, at: number) => {
    const start = lineAt(text, at + block.indexOf('```')) + 1;
    if (SHELLS.includes(language)) {
      if (remark !== undefined) remarks++;
      found.push(...commandsOfBlock(page, start, body, PROMPTED.includes(language), remark === undefined ? {} : remarkOf(remark)));
    }
    return block.replaceAll(/[^\n]/g, ' ');
  });
  if (text.split('<!-- docs-test:').length - 1 !== remarks)
    throw new Error(`${page} has a docs-test remark that is above no block of commands`);
  for (const { 1: said = '', index } of prose.matchAll(IN_PROSE)) {
    found.push({ page, line: lineAt(text, index), command: said.replace(/^test:/, 'npm run test:'), remark: {} });
  }
  return found;
}

/** @param line of the page at which the block's text begins */
function commandsOfBlock(page: string, line: number, body: string, prompted: boolean, remark: Remark): readonly Documented[] {
  const found: Documented[] = [];
  const lines = body.split('\n').map((text) => text.trim());
  for (let at = 0; at < lines.length; at++) {
    const text = lines[at] as string;
    const last = found.at(-1);
    if (prompted ? !text.startsWith('$ ') : text === '') continue;
    if (!prompted && text.startsWith('#')) {
      // A comment right below a command is what that prints.
      if (last?.line === line + at - 1) found.splice(-1, 1, { ...last, prints: text.replace(/^# ?/, '') });
      continue;
    }
    const first = at;
    let command = prompted ? text.slice(2) : text;
    while (command.endsWith('\\')) command = `${command.slice(0, -1)}${lines[++at] ?? ''}`;
    found.push({ page, line: line + first, command: withoutComment(command), remark });
  }
  return found;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
