import { describe, expect, test } from '@jest/globals';
import { deploymentLines, meaningLines } from '../../bin/meaning-lines';
import type { Template } from '../../local/assembly/template';
import type { MeaningChange } from '../../meaning/change';
import { changesInMeaning } from '../../meaning/changes-in-meaning';
import { deploymentsOf } from '../../meaning/deployment';
import { SECRETS, synthesize } from './declaration';
import { CHANGES } from './declarations';

const usual = synthesize();
const versions = new Map<string, Template>([
  ['the usual', usual],
  ...Object.entries(CHANGES).map(([name, { by }]): [string, Template] => [name, synthesize(by)]),
]);
const between = (before: Template, after: Template) =>
  changesInMeaning([{ name: 'Company', template: before }], [{ name: 'Company', template: after }]);
const textOf = ({ what, before = '', after = '' }: MeaningChange) => `${what} ${before} ${after}`.trim();
const placeOf = ({ server = '', kind, what }: MeaningChange) => `${server} ${kind} ${what}`;

test('a version is what it is: nothing changes', () => {
  for (const [, template] of versions) expect(between(template, structuredClone(template))).toEqual([]);
});

describe.each(Object.entries(CHANGES))('%s', (name, { told: [severity, words], kinds, servers = [] }) => {
  const changes = between(usual, versions.get(name) as Template);

  test('is told by its name', () => {
    const found = changes.filter((change) => change.severity === severity && words.test(textOf(change)));
    expect({ found: found.length > 0, changes: found.length > 0 ? [] : changes }).toEqual({ found: true, changes: [] });
  });

  test('is all that is told', () => {
    const isItsOwn = ({ kind, what, server }: MeaningChange): boolean =>
      (kinds.includes(kind) || /instances are replaced/.test(what)) &&
      (server === undefined ? kinds.includes(kind) : servers.includes(server));
    expect(changes.filter((change) => !isItsOwn(change))).toEqual([]);
  });
});

test('the way back narrows what the way there widens, between versions that differ in one thing and in two', () => {
  const all = [...versions];
  for (const [index, [from, before]] of all.entries()) {
    // Not each with each: that takes minutes.
    for (const step of [1, 7, 19]) {
      const [to, after] = all[(index + step) % all.length] as (typeof all)[number];
      const [there, back] = [between(before, after), between(after, before)];
      for (const [one, other] of [
        [there, back],
        [back, there],
      ] as const) {
        const widened = one.filter(({ severity }) => severity === 'widens').map(placeOf);
        const narrowed = other.filter(({ severity }) => severity === 'narrows').map(placeOf);
        expect({ from, to, places: widened.sort() }).toEqual({ from, to, places: narrowed.sort() });
      }
    }
  }
});

test('what breaks says what', () => {
  for (const [, template] of versions) {
    const wrong = [...between(usual, template), ...between(template, usual)].filter(
      ({ severity, breaks }) => severity === 'breaks' && !breaks,
    );
    expect(wrong).toEqual([]);
  }
});

test('no secret is told, in whatever form', () => {
  for (const [, template] of versions) {
    for (const [before, after] of [
      [usual, template],
      [template, usual],
    ] as const) {
      const changes = between(before, after);
      const deployment = deploymentsOf([{ name: 'Company', template: before }], [{ name: 'Company', template: after }]);
      const told = [JSON.stringify(changes), JSON.stringify(deployment), ...meaningLines(changes), ...deploymentLines(deployment)].join(
        '\n',
      );
      for (const secret of SECRETS) expect(told).not.toContain(secret);
    }
  }
});

test('a fleet that comes, and one that goes', () => {
  const stack = [{ name: 'Company', template: usual }];
  const [come, gone] = [changesInMeaning([], stack), changesInMeaning(stack, [])];
  expect(
    come
      .filter(({ severity }) => severity === 'widens')
      .map(placeOf)
      .sort(),
  ).toEqual(
    gone
      .filter(({ severity }) => severity === 'narrows')
      .map(placeOf)
      .sort(),
  );
  expect(come.map(placeOf)).toEqual(expect.arrayContaining([' fleet fleet orders', 'payments grant support may call']));
  expect(gone).toContainEqual(expect.objectContaining({ kind: 'fleet', severity: 'breaks' }));
});
