import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../../../core/sizing/seeded';
import { Acme } from './roles/acme';
import { EXERCISES } from './roles/exercise';
import { type Need, nameOf, needsOf, whyNeverSeen } from './roles/needs';
import { PEOPLE } from './roles/people';
import { missedWithout } from './roles/removal';
import type { Scene } from './scene';

/** Permissions that are taken away in the short form. */
const SAMPLE = 5;
/** Roles of people, whose commands take a process each: in full only. */
const PEOPLE_ROLES = /^Acme-(Operator|Auditor|Privacy)/;
/** So long the removal of one takes at most, in milliseconds. */
const REMOVAL_MS = 180_000;

/** Every action of every statement of every role of the example is needed by a step with a name; taken away, it is missed. */
export const roles: Scene = async ({ scratch, steps, long, say }) => {
  const acme = await steps.take('the example company runs, each program under its own role', () => Acme.start(scratch));
  try {
    const exercises = long ? [...EXERCISES, ...PEOPLE] : EXERCISES;
    const { needs, unused } = await needsOf(acme.account, exercises, (name, work) => steps.take(name, work));
    await steps.take('nobody was refused anything', async () => {
      const { refused } = await acme.account.permissions();
      if (refused.length > 0) throw new Error(refused.map(({ text }) => text).join('\n'));
    });
    await steps.take('every permission is needed by one of them', async () => {
      const judged = unused.filter(({ role }) => long || !PEOPLE_ROLES.test(role));
      const idle = judged.filter((row) => whyNeverSeen(row) === undefined);
      if (idle.length > 0) throw new Error(`nobody uses ${idle.map(nameOf).join(', ')}`);
    });
    const missed: string[] = [];
    const removed = long ? needs : sampleOf(needs);
    for (const [i, need] of removed.entries()) {
      const name = nameOf(need.permission);
      await steps.take(`${i + 1}/${removed.length} without ${name}, "${need.neededBy}" misses it`, async () => {
        missed.push(`${name}: ${await within(REMOVAL_MS, missedWithout(need, exercises, acme))}`);
      });
    }
    const list = join(scratch, 'permissions.txt');
    writeFileSync(list, [...needs.map((need) => `${nameOf(need.permission)} → ${need.neededBy}`), ...missed].join('\n'));
    say(`which step needs which permission: ${list} (--keep)`);
    const never = unused.filter((row) => whyNeverSeen(row) !== undefined).length;
    return [`roles: ${needs.length} permissions needed by name, ${missed.length} taken away and missed, ${never} that only AWS uses`];
  } finally {
    await acme.account.stop();
  }
};

/** Of what is needed after the start, which alone takes no replacement. */
function sampleOf(needs: readonly Need[]): readonly Need[] {
  const random = seeded(14);
  const quick = needs.filter(({ neededBy }) => neededBy !== 'start' && !neededBy.includes('replaced') && !neededBy.includes('outlives'));
  return quick
    .map((need) => ({ need, at: random() }))
    .sort((one, other) => one.at - other.at)
    .slice(0, SAMPLE)
    .map(({ need }) => need);
}

/** @throws Error when it takes longer */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It has not ended after ${ms / 1_000} s.`)), ms);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
