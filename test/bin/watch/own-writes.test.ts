import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { OwnWrites } from '../../../bin/watch/own-writes';
import { scratchFolder } from '../../local/fixtures/assembly';

/** An assembly with an asset that is a folder, and one that is a file. */
function assembly(): string {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'asset.1', 'server'), { recursive: true });
  writeFileSync(join(folder, 'asset.1', 'server', 'main.js'), 'main');
  writeFileSync(join(folder, 'asset.2.json'), '{"grants":[]}');
  writeFileSync(join(folder, 'Shop.template.json'), '{}');
  return folder;
}

function saved(name: string, content: string): string {
  const path = join(scratchFolder(), name);
  writeFileSync(path, content);
  return path;
}

test('what an asset holds has been seen, be that a folder or a file', () => {
  const seen = [saved('main.js', 'main'), saved('grants.json', '{"grants":[]}')];
  const unseen = [saved('main.js', 'changed since'), saved('other.js', 'main'), saved('grants.json', '{"grants":[1]}')];
  expect(new OwnWrites().unseen([...seen, ...unseen], assembly())).toEqual(unseen);
});

test('what is written with the same content again is told once', () => {
  const writes = new OwnWrites();
  const built = saved('built.js', 'built');
  expect(writes.unseen([built], assembly())).toEqual([built]);
  expect(writes.unseen([built], assembly())).toEqual([]);
});
