import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { between, type Random, randomOf } from '../../chaos/random';
import { custom, type JournalEntry, StackRig } from '../fixtures/stack-rig';

/** Histories of templates, drawn by chance: whatever changes and whatever fails, what exists is what the last good template says. */

const HISTORIES = 20;
const DEPLOYMENTS = 6;
const IDS = ['A', 'B', 'C', 'D', 'E'] as const;

interface Thing {
  readonly id: 'one' | 'two';
  readonly says: string;
  readonly reads?: string;
  readonly after?: string;
  readonly retain: boolean;
  readonly fail?: 'Create' | 'Update';
}

type Template = Readonly<Record<string, Thing>>;

let rig: StackRig;

beforeAll(async () => {
  rig = await StackRig.start();
}, 30_000);
afterAll(() => rig.stop());

test.each(Array.from({ length: HISTORIES }, (_, i) => i + 1))(
  'history %d',
  async (seed) => {
    const random = randomOf(`stacks ${seed}`);
    const world = new Set<string>();
    let good: Template = {};
    const kept = new Set<string>();
    await rig.deploy({});
    follow(rig.takeJournal(), world);
    world.clear();
    for (let step = 0; step < DEPLOYMENTS; step++) {
      const next = draw(random, good);
      const error = await rig.deploy(declared(next)).then(
        () => undefined,
        (cause: Error) => cause,
      );
      follow(rig.takeJournal(), world);
      // `Retain` keeps what was removed or replaced, and also what a failed deployment has made.
      for (const thing of error === undefined ? retainedBy(good, next) : retainedBy(next, good)) kept.add(thing);
      if (error === undefined) good = withoutFaults(next);
      const story = `seed ${seed}, step ${step}: ${error?.message ?? 'deployed'} ${JSON.stringify(next)}`;
      const expected = new Set([...Object.entries(good).map(([name, { id }]) => `${name}/${id}`)]);
      expect([story, new Set([...world].filter((thing) => !kept.has(thing) || expected.has(thing)))]).toEqual([story, expected]);
      for (const [name, { id }] of Object.entries(good)) expect([story, rig.ref(name)]).toEqual([story, id]);
      expect([story, [...rig.stacks.resources.keys()].sort()]).toEqual([
        story,
        ['Shop/Journal', ...Object.keys(good).map((name) => `Shop/${name}`)].sort(),
      ]);
    }
  },
  60_000,
);

/** Keeps, changes, removes or adds each thing; what reads or waits for another one reads one before it. */
function draw(random: Random, before: Template): Template {
  const drawn: Record<string, Thing> = {};
  for (const [i, name] of IDS.entries()) {
    const was = before[name];
    if (random() < (was ? 0.2 : 0.5)) continue;
    const earlier = IDS.slice(0, i).filter((other) => drawn[other] !== undefined);
    const other = earlier.length > 0 ? earlier[between(random, 0, earlier.length)] : undefined;
    const stays =
      was !== undefined && random() < 0.4 && (was.reads === undefined || drawn[was.reads]) && (was.after === undefined || drawn[was.after]);
    const fail = random() < 0.12 ? (was ? 'Update' : 'Create') : undefined;
    drawn[name] = stays
      ? was
      : {
          id: random() < 0.5 ? 'one' : 'two',
          says: String(between(random, 0, 3)),
          retain: random() < 0.15,
          ...(other !== undefined && random() < 0.5 && { reads: other }),
          ...(other !== undefined && random() < 0.3 && { after: other }),
          ...(fail && { fail }),
        };
  }
  return drawn;
}

function declared(template: Template): Record<string, object> {
  return Object.fromEntries(
    Object.entries(template).map(([name, { id, says, reads, after, retain, fail }]) => [
      name,
      custom(
        {
          Name: name,
          Id: id,
          Says: reads === undefined ? says : { 'Fn::Join': ['', [says, { 'Fn::GetAtt': [reads, 'Says'] }]] },
          ...(fail && { Fail: fail, FailedId: 'half' }),
        },
        { ...(after !== undefined && { DependsOn: after }), ...(retain && { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }) },
      ),
    ]),
  );
}

/** A fault that did not strike, because its resource did not change, is no part of what is there. */
function withoutFaults(template: Template): Template {
  return Object.fromEntries(Object.entries(template).map(([name, { fail: _, ...thing }]) => [name, thing]));
}

/** What the policies of one template keep where the other one has not the same. */
function retainedBy(before: Template, after: Template): string[] {
  return Object.entries(before)
    .filter(([name, { retain, id }]) => retain && after[name]?.id !== id)
    .flatMap(([name, { id }]) => [`${name}/${id}`, `${name}/half`]);
}

/** What exists in the world after what the function was asked. */
function follow(journal: readonly JournalEntry[], world: Set<string>): void {
  for (const { RequestType, PhysicalResourceId, ResourceProperties } of journal) {
    const { Name, Id, Fail, FailedId } = ResourceProperties as { Name: string; Id: string; Fail?: string; FailedId?: string };
    // What a Create that failed has made is there until somebody deletes it.
    if (Fail === 'Create' && RequestType === 'Create') world.add(`${Name}/${FailedId}`);
    if (Fail === RequestType) continue;
    if (RequestType === 'Delete') world.delete(`${Name}/${PhysicalResourceId}`);
    else world.add(`${Name}/${Id}`);
  }
}
