import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Image } from '../../../local/images/image';
import { contextOf, ImageMaker } from '../fixtures/images';

const maker = new ImageMaker();

/** Each instruction as plainly as it can be written; together they make an image that shows what each did. */
const INSTRUCTIONS = [
  'ARG SIZE=small',
  'ENV COLOR=blue MODE=$SIZE',
  'WORKDIR /app/$COLOR',
  'COPY a.txt b.txt ./kept/',
  'ADD a.txt /added.txt',
  'VOLUME /data',
  `RUN node -p 'process.env.COLOR' && node -e 'require("fs").writeFileSync("ran.txt", process.env.MODE)'`,
  'LABEL what=test',
  'EXPOSE 80 443',
  'USER node',
  'HEALTHCHECK NONE',
  'ENTRYPOINT ["node", "--no-warnings"]',
  'CMD ["index.js", "two words"]',
];

/** The same instruction in another dress. What does not apply to one leaves it as it is. */
const FORMS: Readonly<Record<string, (instruction: string) => string>> = {
  'a keyword in small letters': (text) => text.replace(/^\w+/, (keyword) => keyword.toLowerCase()),
  'a keyword in Mixed letters': (text) => text.replace(/^(\w)(\w+)/, (_, first: string, rest: string) => first + rest.toLowerCase()),
  'white space before it': (text) => `  \t${text}`,
  'white space after the keyword': (text) => text.replace(' ', '   \t '),
  'white space behind it': (text) => `${text}  \t`,
  'a continued line after the keyword': (text) => text.replace(' ', ' \\\n    '),
  'white space behind the backslash': (text) => text.replace(' ', ' \\  \n '),
  'a comment inside of it': (text) => text.replace(' ', ' \\\n# why\n  # and "how\n'),
  'a comment before its last word': (text) => text.replace(/ (?=[^ ]+$)/, ' \\\n  # why \\\n\n# and "how\n'),
  'an empty line inside of it': (text) => text.replace(' ', ' \\\n\n  '),
  'a continued line at its last word': (text) => text.replace(/ (?=[^ ]+$)/, ' \\\n'),
  'lines of Windows': (text) => `${text.replace(' ', ' \\\r\n ')}\r`,
  'variables in braces': (text) => text.replaceAll(/\$(COLOR|SIZE)/g, '$${$1}'),
  'variables with a default': (text) => text.replaceAll(/\$(COLOR|SIZE)/g, '$${$1:-none}'),
  'quoted words': (text) => text.replace(/^(ARG|ENV) (\w+)=(\w+)/, '$1 $2="$3"').replace(/^(WORKDIR) (.*)/, '$1 "$2"'),
  'an exec form': (text) =>
    /^(COPY|ADD|VOLUME) /.test(text)
      ? text.replace(/ (.*)/, (_, words: string) => ` ${JSON.stringify(words.split(' '))}`)
      : text.replace(/^RUN node -p .* && node -e '(.*)'$/, (_, code: string) => `RUN ${JSON.stringify(['node', '-e', code])}`),
  'a RUN without spaces around &&': (text) => text.replace(' && ', '&&'),
  'a comment before it': (text) => `# ${text}\n${text}`,
};

/** Everything that an image is: what runs, and every file with its content. */
function contentOf({ root, ...settings }: Image): unknown {
  const files = (folder: string): [string, string][] =>
    readdirSync(join(root, folder)).flatMap((name): [string, string][] => {
      const path = posix.join(folder, name);
      const stat = lstatSync(join(root, path));
      return stat.isDirectory() ? [[`${path}/`, ''], ...files(path)] : [[path, readFileSync(join(root, path), 'utf8')]];
    });
  return { ...settings, files: Object.fromEntries(files('/')) };
}

const make = async (instructions: readonly string[], head = ''): Promise<unknown> =>
  contentOf(await maker.make([`${head}FROM node:24`, ...instructions].join('\n'), { 'a.txt': 'a', 'b.txt': 'b' }));

let made: Promise<unknown> | undefined;
const plain = (): Promise<unknown> => {
  made ??= make(INSTRUCTIONS);
  return made;
};

describe('an instruction means the same however it is written', () => {
  test('plainly', async () => {
    expect(await plain()).toMatchObject({
      workdir: '/app/blue',
      environment: { COLOR: 'blue', MODE: 'small' },
      entrypoint: ['node', '--no-warnings'],
      command: ['index.js', 'two words'],
      files: { '/app/blue/kept/a.txt': 'a', '/app/blue/kept/b.txt': 'b', '/added.txt': 'a', '/data/': '', '/app/blue/ran.txt': 'small' },
    });
  });

  // One at a time, so that a failure names its form, and within it the instructions that it changes.
  test.each(Object.entries(FORMS))('%s', async (_, form) => {
    const changed = INSTRUCTIONS.map(form);
    expect(changed).not.toEqual(INSTRUCTIONS);
    expect(await make(changed)).toEqual(await plain());
  });

  test('with another escape character', async () => {
    const changed = INSTRUCTIONS.map((text) => text.replace(' ', ' `\n '));
    expect(await make(changed, '# escape=`\n')).toEqual(await plain());
  });
});

/** What is copied: as it is written, and the files that it names. */
const SOURCES: readonly { readonly written: string; readonly files: readonly string[]; readonly isFolder?: boolean }[] = [
  { written: 'one.txt', files: ['one.txt'] },
  { written: './one.txt', files: ['one.txt'] },
  { written: '/one.txt', files: ['one.txt'] },
  { written: 'o*.txt', files: ['one.txt'] },
  { written: '?ne.txt', files: ['one.txt'] },
  { written: '[m-p]ne.txt', files: ['one.txt'] },
  { written: 'one.txt two.txt', files: ['one.txt', 'two.txt'] },
  { written: '*.txt', files: ['one.txt', 'two.txt'] },
  { written: 'f*/in.txt', files: ['in.txt'] },
  { written: 'folder', files: ['in.txt', 'deep/er.txt'], isFolder: true },
  { written: 'folder/', files: ['in.txt', 'deep/er.txt'], isFolder: true },
  { written: 'f?lder', files: ['in.txt', 'deep/er.txt'], isFolder: true },
];
/** Where to: as it is written, and the path that it means in /srv. `there` exists. */
const DESTINATIONS: Readonly<Record<string, string>> = {
  '/new': '/new',
  '/new/': '/new',
  new: '/srv/new',
  './new/': '/srv/new',
  '.': '/srv',
  './': '/srv',
  there: '/srv/there',
  '/srv/there/': '/srv/there',
  '../new': '/new',
  '/../../new/': '/new',
};

describe('COPY puts files where Docker puts them', () => {
  const cases = SOURCES.flatMap((source) => Object.entries(DESTINATIONS).map(([written, path]) => ({ source, written, path })));

  test.each(cases)('$source.written to $written', async ({ source, written, path }) => {
    const context = { 'one.txt': '1', 'two.txt': '2', 'folder/in.txt': '3', 'folder/deep/er.txt': '4' };
    const dockerfile = `FROM node:24\nWORKDIR /srv/there\nWORKDIR /srv\nCOPY ${source.written} ${written}`;
    const endsAsFolder = /(^|\/)\.?$/.test(written);
    if (source.files.length > 1 && !source.isFolder && !endsAsFolder) {
      await expect(maker.make(dockerfile, context)).rejects.toThrow(`${written} must end with /: 2 sources go into it`);
      return;
    }
    const { root } = await maker.make(dockerfile, context);
    const isRenamed = !source.isFolder && !endsAsFolder && written !== 'there';
    const expected = isRenamed ? [path] : source.files.map((file) => posix.join(path, file));
    const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => lstatSync(join(root, name)).isFile());
    expect(found.map((name) => `/${name}`).sort()).toEqual([...expected].sort());
  });
});

describe('.dockerignore', () => {
  test.each<[string, string, boolean]>([
    ['node_modules', 'node_modules/x/y.js', true],
    ['node_modules', 'sub/node_modules/x.js', false],
    ['**/node_modules', 'sub/node_modules/x.js', true],
    ['**/node_modules', 'node_modules/x.js', true],
    ['*.md', 'README.md', true],
    ['*.md', 'docs/README.md', false],
    ['**/*.md', 'docs/a/README.md', true],
    ['/docs/', 'docs/README.md', true],
    ['docs/**', 'docs/a/b', true],
    ['*\n!src', 'src/a.js', false],
    ['*\n!src\nsrc/*.test.js', 'src/a.test.js', true],
    ['*\n!src/keep.js', 'src/other.js', true],
    ['*\n!src/keep.js', 'src/keep.js', false],
    ['# note\n\n  log  ', 'log', true],
    ['a?c', 'abc', true],
    ['a[b-d]c', 'acc', true],
    ['a.c', 'abc', false],
    ['./log', 'log', true],
  ])('%j: %s', async (rules, file, isLeftOut) => {
    const folder = contextOf({ Dockerfile: 'FROM node:24\nCOPY . /app', '.dockerignore': rules, [file]: 'x', 'other/kept': '' });
    const { root } = await maker.from(folder);
    const found = readdirSync(root, { recursive: true, encoding: 'utf8' });
    expect(found.includes(join('app', file))).toBe(!isLeftOut);
  });

  test("a Dockerfile's own goes first", async () => {
    const { root } = await maker.make('FROM node:24\nCOPY . /app', { a: '', b: '', '.dockerignore': 'a', 'Dockerfile.dockerignore': 'b' });
    expect(readdirSync(join(root, 'app'))).toEqual(expect.arrayContaining(['a']));
    expect(readdirSync(join(root, 'app'))).not.toContain('b');
  });
});
