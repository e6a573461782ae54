import { setMaxListeners } from 'node:events';
import type { Stage, Verdict } from '../suites/suite';
import { isSuite, suiteProblems } from './ci-suites';
import { type CompanyName, found } from './companies';
import { commandsOfHelp } from './help';
import { COMPANIES, type Options } from './options';
import { commandsOfPages } from './pages';
import { Tally } from './tally';
import { type Trial, trialsOf } from './trials';
import { Visit } from './visit';

/** Reads every command of the pages and help texts, and types it where its page says. */
export async function runDocs({ origins, pages }: Options, stage: Stage): Promise<Verdict> {
  const { say, signal } = stage;
  setMaxListeners(0, signal); // many children hang on it
  const documented = [...commandsOfPages(), ...(await commandsOfHelp(signal))];
  const suites = trialsOf(documented.filter(isSuite));
  const commands = trialsOf(documented.filter((command) => !isSuite(command)));
  const lines = origins.flatMap((origin): readonly (readonly CompanyName[])[] => COMPANIES[origin]);
  const wanted = ({ places }: Trial): boolean =>
    pages.length === 0 || places.some((place) => pages.some((page) => place.startsWith(`${page}:`)));
  const typed = commands.filter((trial) => trial.needs === undefined && lines.flat().includes(trial.company) && wanted(trial));
  const needing = commands.filter(({ needs }) => needs !== undefined);
  const tally = new Tally(say);

  for (const { documented: suite, places } of suites)
    tally.add(suite.command, `CI runs it; ${places.join(', ')}`, { problems: await suiteProblems(suite), milliseconds: 0 });
  const visits = lines.map(async (names) => {
    for (const name of names) await visit(name, typed, tally, stage);
  });
  // Also when one has failed: what the others have started is to end.
  await Promise.allSettled(visits);
  await Promise.all(visits);
  const needs = needing.map((trial) => `needs ${trial.needs}: ${trial.documented.command} (${trial.places.join(', ')})`);
  const { passed, failed } = tally;
  return {
    passed: failed === 0,
    counts: { passed, failed },
    facts: [`${typed.length} of ${commands.length} commands and ${suites.length} suites in ${documented.length} places`, ...needs],
    document: { places: documented.length, commands: commands.length, typed: typed.length, suites: suites.length, passed, failed, needs },
  };
}

/** Types what is typed in one company, in the order of the pages; its account runs as long as that takes. */
async function visit(name: CompanyName, trials: readonly Trial[], tally: Tally, { scratch, signal }: Stage): Promise<void> {
  const there = new Visit(await found(name, scratch, signal), signal);
  try {
    for (const trial of trials.filter(({ company }) => company === name)) {
      tally.add(trial.documented.command, `${name}; ${trial.places.join(', ')}`, await there.try(trial));
      signal.throwIfAborted();
    }
  } finally {
    const left = await there.leave();
    if (left !== undefined) tally.add('Ctrl-C', `${name}; npm start`, left);
  }
}
