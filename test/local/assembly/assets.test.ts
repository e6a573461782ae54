import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readAssets } from '../../../local/assembly/assets';
import { scratchFolder } from '../fixtures/assembly';

const HASH = 'b3cf724e35404f4b00d88a9142b190a682855a971428076e8fc73bc1d0a9059d';

test.each([
  [`asset.${HASH}`, undefined, 'a copy that CDK has staged'],
  ['../servers/pay', '../servers/pay', "the user's own, where staging is off"],
  ['/home/me/servers/pay', '/home/me/servers/pay', "the user's own by its absolute path"],
  ['../asset.files', '../asset.files', "a user's folder that begins alike"],
])('of the folder %s the source is %s: it is %s', (directory, source, _) => {
  const root = scratchFolder();
  const manifest = join(root, 'Shop.assets.json');
  const destinations = { here: { repositoryName: 'assets', imageTag: 'x' } };
  writeFileSync(manifest, JSON.stringify({ dockerImages: { [HASH]: { source: { directory }, destinations } } }));
  const asset = readAssets(root, [manifest]).image('0.dkr.ecr.example/assets:x');
  const at = (path: string) => (path.startsWith('/') ? path : join(root, path));
  expect(asset?.folder).toBe(at(directory));
  expect(asset?.source).toBe(source && at(source));
});
