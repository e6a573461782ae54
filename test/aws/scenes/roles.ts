import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../../../core/sizing/seeded';
import { Acme } from './roles/acme';
import { EXERCISES, type Exercise } from './roles/exercise';
import { type Need, nameOf, needsOf, whyNeverSeen } from './roles/needs';
import { PEOPLE } from './roles/people';
import { missedWithout } from './roles/removal';
import type { Scene } from './scene';

/** Permissions that are taken away in the short form. */
const SAMPLE = 5;
/** Roles of people, whose commands take a process each: in full only. */
const PEOPLE_ROLES = /^Acme-(Operator|Auditor|Privacy)/;
const AT_START: Exercise = {
  name: 'start',
  run: async (account) => {
    for (const { name, run } of EXERCISES) if (name.includes('is replaced')) await run(account);
  },
};

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
    for (const need of long ? needs : sampleOf(needs)) {
      const exercise = [AT_START, ...exercises].find(({ name }) => name === need.neededBy) as Exercise;
      await steps.take(`without ${nameOf(need.permission)}, "${need.neededBy}" misses it`, async () => {
        missed.push(`${nameOf(need.permission)}: ${await missedWithout(need, exercise, acme)}`);
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
