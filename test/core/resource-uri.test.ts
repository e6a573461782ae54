import { expect, test } from '@jest/globals';
import { ambiguityOf, withOpenExpressions } from '../../core/resource-uri';

test.each([
  'docs://handbook/page',
  'docs://handbook/',
  'docs:page',
  'file:///srv/a.txt',
  'demo://resource/dynamic/text/1',
  'https://x.example:8080/a/b?q=1&r=a/../b',
  'memo://a/%C3%BC',
  'memo://a/b%20c',
  'urn:isbn:0451450523',
])('all read %s alike', (uri) => {
  expect(ambiguityOf(uri)).toBeUndefined();
});

test.each<[string, RegExp]>([
  ['docs://a/../b', /segment/],
  ['docs://a/./b', /segment/],
  ['docs://a/b/..', /segment/],
  ['docs://a/.', /segment/],
  ['docs://a//b', /segment/],
  ['docs:../b', /begins with/],
  ['docs:a/../b', /segment/],
  ['docs://a/%2e%2e/b', /capital/],
  ['docs://a/%2E%2E/b', /%2E/],
  ['docs://a/b%2Fc', /%2F/],
  ['docs://a/b%5Cc', /%5C/],
  ['docs://a/%252E/b', /%25/],
  ['docs://a/%73ecret', /%73/],
  ['docs://a/b%00', /%00/],
  ['docs://a/b%7F', /%7F/],
  ['docs://a/b%c3', /capital/],
  ['docs://a/b%', /no escape/],
  ['docs://a\\b', /must escape/],
  ['docs://a/b\n', /must escape/],
  ['docs://a/b c', /must escape/],
  ['docs://a/\u00fc', /must escape/],
  ['docs://a/{b}', /must escape/],
  ['docs://a/\ud800', /must escape/],
  ['DOCS://a/b', /scheme/],
  ['docs', /scheme/],
  ['/docs', /scheme/],
  ['docs://a/b#c', /fragment/],
  ['docs://A/b', /authority/],
  ['docs://u@a/b', /authority/],
  ['', /must escape/],
])('not all read %j alike', (uri, why) => {
  expect(ambiguityOf(uri)).toMatch(why);
});

test('what a template leaves open can be anything', () => {
  expect(withOpenExpressions('docs://{team}/a{?q,r}')).toBe('docs://\0/a\0');
  expect(withOpenExpressions('docs://{open')).toBe('docs://\0');
});
