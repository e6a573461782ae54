import { setMaxListeners } from 'node:events';
import type { Stage, Verdict } from '../suites/suite';
import { isSuite, suiteProblems } from './ci-suites';
import { type CompanyName, found } from './companies';
import { commandsOfHelp } from './help';
import { commandsOfPages } from './pages';
import { trialsOf } from './trials';
import { type Seen, Visit } from './visit';

/** Companies that are visited at the same time; those of one line one after the other. */
const VISITS: readonly (readonly CompanyName[])[] = [['acme'], ['notes'], ['second', 'shop']];

/** Reads every command of the pages and help texts, and types it where its page says. */
export async function runDocs(_options: object, { scratch, say, signal }: Stage): Promise<Verdict> {
  setMaxListeners(0, signal); // many children hang on it
  const documented = [...commandsOfPages(), ...(await commandsOfHelp(signal))];
  const trials = trialsOf(documented.filter((command) => !isSuite(command)));
  const suites = trialsOf(documented.filter(isSuite));
  const needing = trials.filter(({ needs }) => needs !== undefined);
  const failed: string[] = [];
  let passed = 0;
  const tell = (what: string, where: string, { problems, milliseconds }: Seen): void => {
    if (problems.length === 0) passed++;
    else failed.push(what);
    say(`${problems.length === 0 ? '✔' : '✘'} ${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${what}  (${where})`);
    for (const problem of problems) say(`      ${problem}`);
  };

  for (const { documented: suite, places } of suites)
    tell(suite.command, `CI runs it; ${places.join(', ')}`, { problems: await suiteProblems(suite), milliseconds: 0 });
  const visit = async (name: CompanyName): Promise<void> => {
    const own = trials.filter(({ company, needs }) => company === name && needs === undefined);
    const there = new Visit(await found(name, scratch, signal), signal);
    try {
      for (const trial of own) {
        tell(trial.documented.command, `${name}; ${trial.places.join(', ')}`, await there.try(trial));
        signal.throwIfAborted();
      }
    } finally {
      const left = await there.leave();
      if (left !== undefined) tell('Ctrl-C', `${name}; npm start`, left);
    }
  };
  await settled(
    VISITS.map(async (names) => {
      for (const name of names) await visit(name);
    }),
  );
  for (const need of new Set(needing.map(({ needs }) => needs)))
    for (const {
      documented: { command },
      places,
    } of needing.filter(({ needs }) => needs === need))
      say(`–  needs ${need}  ${command}  (${places.join(', ')})`);
  return {
    passed: failed.length === 0,
    counts: { passed, failed: failed.length },
    facts: [
      `${trials.length} commands and ${suites.length} suites in ${documented.length} places`,
      ...needing.map(({ needs, documented: { command } }) => `needs ${needs}: ${command}`),
    ],
    document: { places: documented.length, commands: trials.length, suites: suites.length, passed, failed, needing },
  };
}

/** Waits for all of them, also when one has failed: what they have started is to end. @throws the first failure */
async function settled(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}
