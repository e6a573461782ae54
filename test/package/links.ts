import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import type { Contents } from './contents';

/** The relative links of the package's pages that lead to nothing in it, headings included. */
export function brokenLinks({ folder, files }: Contents): readonly string[] {
  return files.filter((file) => file.endsWith('.md')).flatMap((page) => brokenLinksOf(join(folder, page), folder));
}

function brokenLinksOf(page: string, folder: string): readonly string[] {
  const prose = withoutCode(readFileSync(page, 'utf8'));
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !leads(page, target))
    .map((target) => `${relative(folder, page)} links to ${target}, which the package does not have`);
}

function leads(page: string, target: string): boolean {
  const [path, heading] = target.split('#') as [string, string | undefined];
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(file)) return false;
  return heading === undefined || headingsOf(file).includes(heading);
}

/** The anchors that GitHub and npm give the headings of a page. */
function headingsOf(page: string): readonly string[] {
  return [...withoutCode(readFileSync(page, 'utf8')).matchAll(/^#+ (.+)$/gm)].map(([, words]) =>
    (words as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '');
}
