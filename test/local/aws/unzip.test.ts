import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { unzip } from '../../../local/aws/assets/unzip';
import { scratchFolder } from '../fixtures/assembly';
import { writeZip } from '../fixtures/zip';

const LINK = 0o120777;

describe('an archive', () => {
  test('is laid out with its folders, permissions and links', async () => {
    const folder = scratchFolder();
    const archive = writeZip([
      { name: 'bin/' },
      { name: 'bin/run', content: '#!/bin/sh\n', mode: 0o100755 },
      { name: 'lib/a.txt', content: 'a' },
      { name: 'lib/b.txt', content: 'a.txt', mode: LINK },
      { name: 'current', content: 'lib', mode: LINK },
    ]);
    await unzip(archive, folder);
    expect(readFileSync(join(folder, 'current/b.txt'), 'utf8')).toBe('a');
    expect(lstatSync(join(folder, 'bin/run')).mode & 0o111).not.toBe(0);
  });

  test.each([
    ['a step upwards', [{ name: '../evil', content: 'x' }]],
    ['a step upwards within', [{ name: 'a/../../evil', content: 'x' }]],
    ['an absolute name', [{ name: '/tmp/evil', content: 'x' }]],
    ['a name with backslashes', [{ name: '..\\evil', content: 'x' }]],
    ['an absolute link', [{ name: 'out', content: '/etc/passwd', mode: LINK }]],
    ['a link upwards', [{ name: 'out', content: '../../etc', mode: LINK }]],
    ['a link to nothing', [{ name: 'out', content: 'nobody', mode: LINK }]],
    [
      'a link that leads out by way of another',
      [
        { name: 'd/f', content: 'x' },
        { name: 'd/up', content: '..', mode: LINK },
        { name: 'out', content: 'd/up/..', mode: LINK },
      ],
    ],
    [
      'a file through a link',
      [
        { name: 'd/f', content: 'x' },
        { name: 'l', content: 'd', mode: LINK },
        { name: 'l/f', content: 'y' },
      ],
    ],
    ['a device', [{ name: 'null', mode: 0o020666 }]],
    [
      'two files of one name',
      [
        { name: 'a', content: 'x' },
        { name: 'a', content: 'y' },
      ],
    ],
    ['a size that is not true', [{ name: 'a', content: 'xyz', size: 2 }]],
  ])('with %s is refused, and nothing lies beside its folder', async (_, entries) => {
    const outer = scratchFolder();
    const folder = join(outer, 'inner');
    mkdirSync(folder);
    await expect(unzip(writeZip(entries), folder)).rejects.toThrow();
    expect(readdirSync(outer)).toEqual(['inner']);
  });

  test('is bounded in bytes and in entries, by what it says before anything is written', async () => {
    const folder = scratchFolder();
    const archive = writeZip([
      { name: 'a', content: 'xxxx' },
      { name: 'b', content: 'xxxx' },
    ]);
    await expect(unzip(archive, folder, { bytes: 7 })).rejects.toThrow('more than 7 bytes');
    await expect(unzip(archive, folder, { entries: 1 })).rejects.toThrow('at most 1');
    expect(readdirSync(folder)).toEqual([]);
  });
});
