import { expect, test } from '@jest/globals';
import { type Write, writesBetween } from '../../lambda/allowlist-difference';
import type { Request } from '../../lambda/allowlist-succession';
import type { Content, StoredEntry } from '../../lambda/allowlist-table';
import { Dice } from '../core/dice';

const SERVERS = ['a', 'b', 'c'];
const NAMES = ['x', 'y', 'z'];
type Grants = readonly Content[];

/** A table, and the custom resources of a stack that write it as CloudFormation asks them to. */
class Stack {
  rows = new Map<string, StoredEntry>();
  resources = new Map<string, Grants>();
  /** Every state between two steps. */
  onStep = (): void => {};

  ask(request: Request, resource: string, wanted: Grants): void {
    for (const step of writesBetween([...this.rows.values()], wanted, request, resource)) {
      for (const write of step) this.apply(write);
      this.onStep();
    }
  }

  /** What is new is made first, then what is gone is deleted; where it fails, what was made is deleted and what was changed is changed back. */
  deploy(after: ReadonlyMap<string, Grants>, failsAfter?: number): void {
    const before = this.resources;
    const changes = [...after].filter(([id, grants]) => before.get(id) !== grants);
    const done = changes.slice(0, failsAfter);
    for (const [id, grants] of done) this.ask(before.has(id) ? 'Update' : 'Create', id, grants);
    if (failsAfter === undefined) {
      for (const id of before.keys()) if (!after.has(id)) this.ask('Delete', id, []);
      this.resources = new Map(after);
      return;
    }
    for (const [id] of done.filter(([id]) => before.has(id))) this.ask('Update', id, before.get(id) as Grants);
    for (const [id] of done.filter(([id]) => !before.has(id))) this.ask('Delete', id, []);
  }

  private apply(write: Write): void {
    if ('put' in write) this.rows.set(write.put.entry, write.put);
    else this.rows.delete(write.remove.entry);
  }
}

const content = ({ writer: _, heir: __, before: ___, ...rest }: StoredEntry): Content => rest;
const texts = (rows: Iterable<Content>): string[] => [...rows].map((row) => JSON.stringify(row)).sort();

/** Which of all names the rows let the agent call. */
function open(rows: Iterable<Content>): ReadonlySet<string> {
  const all = [...rows];
  const covered = (effect: string) =>
    new Set(all.filter((row) => row.effect === effect).flatMap(({ server, tools }) => tools.map((tool) => `${server} ${tool}`)));
  const denied = covered('deny');
  return new Set([...covered('allow')].filter((name) => !denied.has(name)));
}

test.each([1, 2, 3, 4])(
  'whatever is deployed, moved and rolled back: rows are what stands in code, and nothing else is open in between: %#',
  (seed) => {
    const dice = new Dice(seed);
    const rowsOf = (server: string): Grants =>
      (['allow', 'deny'] as const)
        .filter(() => dice.chance(0.6))
        .map((effect) => ({
          ...{ agent: 'agent', entry: `${server}#${effect}#cdk`, server, effect, source: 'cdk', issuer: 'i', subject: 's' },
          tools: NAMES.filter(() => dice.chance(0.5)),
        }));
    // One resource says all, by one name or another; or each server has one, as each agent had in a former version.
    const layouts = [['One'], ['Two'], SERVERS];
    const declared = (): Map<string, Grants> => {
      const layout = dice.pick(layouts);
      return new Map(layout.map((id) => [id, (layout === SERVERS ? [id] : SERVERS).flatMap(rowsOf)]));
    };
    for (let run = 0; run < 200; run++) {
      const stack = new Stack();
      for (let deployment = 0; deployment < 6; deployment++) {
        const after = declared();
        const had = [...stack.rows.values()].map(content);
        const has = [...after.values()].flat();
        const may = new Set([...open(had), ...open(has)]);
        const must = [...open(had)].filter((name) => open(has).has(name));
        // While one resource hands over to another, what the former alone grants stands until it is deleted.
        const moves = [...stack.resources.keys()].some((id) => !after.has(id));
        stack.onStep = () => {
          const now = open(stack.rows.values());
          if (!moves && stack.resources.size === 1) expect([...now].filter((name) => !may.has(name))).toEqual([]);
          expect(must.filter((name) => !now.has(name))).toEqual([]);
        };
        const fails = dice.chance(0.4) ? dice.integer(0, after.size) : undefined;
        stack.deploy(after, fails);
        expect(texts([...stack.rows.values()].map(content))).toEqual(texts(fails === undefined ? has : had));
      }
    }
  },
);
