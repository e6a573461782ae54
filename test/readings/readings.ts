import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage, Verdict } from '../suites/suite';
import { openBench } from './bench';
import { WAYS, type Way } from './broken/ways';
import { type CampaignResult, runCampaign } from './campaign';
import { type Case, caseOf } from './generator/case';
import { observe } from './observe';
import type { Options } from './options';
import { judge } from './properties/judge';
import type { Violation } from './properties/observation';
import { describe, describeCase, describeViolation, documentOf, factsOf } from './report';

/** Plays the cases of a seed, or one of them, or shows that readers that are broken on purpose are found. */
export async function runReadings(options: Options, stage: Stage): Promise<Verdict> {
  const verdict = await runOf(options)(options, stage);
  stage.signal.throwIfAborted();
  return verdict;
}

type Run = (options: Options, stage: Stage) => Promise<Verdict>;

function runOf({ only, prove: all, broken }: Options): Run {
  if (all || broken !== undefined) return prove;
  return only === undefined ? hold : playOne;
}

/** One case, and all that came of it. */
async function playOne({ seed, only = 0 }: Options, { scratch, say }: Stage): Promise<Verdict> {
  const bench = await openBench(scratch);
  try {
    const observation = await observe(caseOf(seed, only), bench);
    const violations = judge(observation);
    say([describeCase(observation), ...violations.map(describeViolation)].join('\n'));
    const facts = [`seed ${seed}, case ${only}`, `${violations.length} violations`];
    return { passed: violations.length === 0, facts, document: { values: observation.subject.values, violations } };
  } finally {
    await bench.stop();
  }
}

/** Whether the real reader holds. */
async function hold(options: Options, stage: Stage): Promise<Verdict> {
  const result = await run(options, stage, stage.scratch);
  for (const line of describe(result)) stage.say(line);
  const { cases, failed, findings, uncovered, passing, silences } = result;
  return {
    passed: findings.length === 0 && uncovered.length === 0 && passing.length === 0 && silences === 0,
    counts: { passed: cases - failed, failed },
    facts: [`seed ${options.seed}`, ...factsOf(result)],
    document: documentOf(result),
  };
}

/** Whether readers that are broken on purpose are found. */
async function prove(options: Options, stage: Stage): Promise<Verdict> {
  const ways = WAYS.filter(({ name }) => options.broken === undefined || name === options.broken);
  const played: { readonly way: string; readonly found: boolean; readonly cases: number }[] = [];
  for (const way of ways) {
    stage.signal.throwIfAborted();
    const folder = join(stage.scratch, way.name);
    mkdirSync(folder);
    const { findings, foundAfter, cases } = await run(options, stage, folder, way);
    const found = findings.length > 0;
    played.push({ way: way.name, found, cases: foundAfter ?? cases });
    stage.say(found ? `✔ ${way.name}: found after ${foundAfter} cases` : `✘ ${way.name}: not found in ${cases} cases (${way.wrong})`);
    for (const { property, detail } of findings) stage.say(`    ${property}: ${detail}`);
  }
  const found = played.filter((one) => one.found);
  return {
    passed: found.length === ways.length,
    facts: [
      `seed ${options.seed}`,
      `${found.length} of ${ways.length} broken readers found`,
      `after ${found.map(({ way, cases }) => `${cases} cases (${way})`).join(', ')}`,
    ],
    document: { seed: options.seed, ways: played },
  };
}

async function run(options: Options, { say, signal }: Stage, folder: string, way?: Way): Promise<CampaignResult> {
  const bench = await openBench(folder, way);
  let shownAt = Date.now();
  const progress = (done: number, suspects: number): void => {
    if (Date.now() - shownAt < 10_000) return;
    shownAt = Date.now();
    say(`  ${done} of ${options.cases} cases${suspects > 0 ? `, ${suspects} to be looked at again` : ''}`);
  };
  const failed = ({ index }: Case, { property, detail }: Violation): void => {
    if (way === undefined) say(`  --case ${index}: ${property}: ${detail.slice(0, 300)}`);
  };
  try {
    return await runCampaign({ seed: options.seed, cases: options.cases, untilFirst: way !== undefined, signal, progress, failed }, bench);
  } finally {
    await bench.stop();
  }
}
