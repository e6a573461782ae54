import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { inRoot, linkInRoot } from '../../../local/images/rooted';
import { scratchFolder } from '../fixtures/assembly';

describe('inRoot', () => {
  const root = scratchFolder();
  mkdirSync(join(root, 'a/b'), { recursive: true });
  symlinkSync('/etc', join(root, 'a/b/absolute'));
  symlinkSync('../../../../../etc', join(root, 'a/b/above'));
  symlinkSync('..', join(root, 'a/b/parent'));
  symlinkSync('absolute', join(root, 'a/b/twice'));
  symlinkSync('round', join(root, 'a/b/round'));

  test.each([
    ['/', '/'],
    ['/a/b/c', '/a/b/c'],
    ['/../../a', '/a'],
    ['/a/b/absolute/passwd', '/etc/passwd'],
    ['/a/b/above/passwd', '/etc/passwd'],
    ['/a/b/twice', '/etc'],
    ['/a/b/parent/x', '/a/x'],
    ['/a/b/parent/../x', '/x'],
    ['/a/b/absolute/../x', '/x'],
  ])('%s is %s of the image', (path, real) => {
    expect(inRoot(root, path)).toBe(join(root, real));
  });

  test('a circle of links is an error', () => {
    expect(() => inRoot(root, '/a/b/round')).toThrow('/a/b/round runs in a circle of links');
  });
});

test.each([
  ['/a/b/link', '/etc/passwd', '../../etc/passwd'],
  ['/a/b/link', '../c', '../c'],
  ['/a/b/link', '../../../../c', '../../c'],
  ['/a/b/link', '.', '.'],
  ['/link', '/', '.'],
])('a link at %s to %s is written as %s', (at, target, written) => {
  expect(linkInRoot(at, target)).toBe(written);
});
