// What the licences of bundled packages ask for: their names and texts go with the bundles.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The notices of every package that any bundle has taken something of.
 * @param metafiles of esbuild
 * @param copied folders of packages of which files lie beside the bundles
 * @throws Error when a package names no licence: what may not be passed on is not bundled
 */
export async function noticesOf(metafiles, root, copied) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(
    inputs
      .map((input) => input.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0])
      .filter(Boolean)
      .concat(copied),
  );
  const notices = await Promise.all([...folders].map((folder) => noticeOf(join(root, folder))));
  return `Programs in this folder contain parts of these packages.\n\n${[...new Set(notices)].sort().join('\n')}`;
}

async function noticeOf(folder) {
  const { name, version, license: said, repository } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const license = said?.type ?? said; // an object in packages of the old days
  if (typeof license !== 'string') throw new Error(`${name}@${version} names no licence in ${folder}/package.json; do not bundle it.`);
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  // Where its source is: the Mozilla Public License asks for it (2.0, section 3.2).
  const source = repository?.url ?? repository ?? `https://www.npmjs.com/package/${name}`;
  return [`── ${name}@${version} (${license}) ${source}`, '', ...texts.map((text) => `${text.trim()}\n`)].join('\n');
}
