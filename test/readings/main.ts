import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBench } from './bench';
import { replacing } from './broken/replacing';
import { WAYS, type Way } from './broken/ways';
import { type CampaignResult, runCampaign } from './campaign';
import { caseOf } from './generator/case';
import { observe } from './observe';
import { type Options, readOptions, USAGE } from './options';
import { judge } from './properties/judge';
import { describe, describeCase, describeViolation, summaryOf } from './report';

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(130)); // a second one does not wait
      interruption.abort();
    });
  }
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-readings-'));
  let keep = true;
  try {
    const passed = await runOf(options)(options, scratch, interruption.signal);
    keep = !passed || options.keep;
    return interruption.signal.aborted ? 130 : passed ? 0 : 1;
  } finally {
    if (keep) console.error(`Logs are in ${scratch}`);
    else rmSync(scratch, { recursive: true, force: true });
  }
}

type Run = (options: Options, scratch: string, signal: AbortSignal) => Promise<boolean>;

function runOf({ only, prove: all, broken }: Options): Run {
  if (all || broken !== undefined) return prove;
  return only === undefined ? hold : playOne;
}

/** One case, and all that came of it. */
async function playOne({ seed, only = 0, json }: Options, scratch: string): Promise<boolean> {
  const bench = await openBench(scratch);
  try {
    const observation = await observe(caseOf(seed, only), bench);
    const violations = judge(observation);
    if (json) console.log(JSON.stringify({ passed: violations.length === 0, values: observation.subject.values, violations }));
    else console.log([describeCase(observation), ...violations.map(describeViolation)].join('\n'));
    return violations.length === 0;
  } finally {
    await bench.stop();
  }
}

/** Whether the real reader holds. */
async function hold(options: Options, scratch: string, signal: AbortSignal): Promise<boolean> {
  const result = await run(options, scratch, signal);
  const passed =
    result.findings.length === 0 &&
    result.uncovered.length === 0 &&
    result.passing.length === 0 &&
    result.silences === 0 &&
    !signal.aborted;
  if (options.json) console.log(JSON.stringify({ passed, ...forJson(result) }));
  else {
    console.log(describe(result));
    console.log(`${passed ? '✔ passed' : '✘ failed'}: ${summaryOf(result)}`);
  }
  return passed;
}

/** Whether readers that are broken on purpose are found. */
async function prove(options: Options, scratch: string, signal: AbortSignal): Promise<boolean> {
  const ways = WAYS.filter(({ name }) => options.broken === undefined || name === options.broken);
  const found: string[] = [];
  for (const way of ways) {
    const folder = join(scratch, way.name);
    mkdirSync(folder);
    const { findings, cases } = await run(options, folder, signal, way);
    if (findings.length > 0) found.push(way.name);
    if (!options.json) {
      console.log(
        findings.length > 0 ? `✔ ${way.name}: found within ${cases} cases` : `✘ ${way.name}: not found in ${cases} cases (${way.wrong})`,
      );
      for (const finding of findings) console.log(`    ${finding.property}: ${finding.detail}`);
    }
    if (signal.aborted) break;
  }
  const passed = ways.length > 0 && found.length === ways.length;
  if (options.json) console.log(JSON.stringify({ passed, ways: ways.map(({ name }) => ({ name, found: found.includes(name) })) }));
  else console.log(`${passed ? '✔ passed' : '✘ failed'}: ${found.length} of ${ways.length} broken readers found`);
  return passed;
}

async function run(options: Options, scratch: string, signal: AbortSignal, way?: Way): Promise<CampaignResult> {
  const bench = await openBench(scratch, way === undefined ? undefined : replacing(way));
  let shownAt = Date.now();
  try {
    return await runCampaign(
      {
        seed: options.seed,
        cases: options.cases,
        untilFirst: way !== undefined,
        signal,
        progress: (done, suspects) => {
          if (Date.now() - shownAt < 10_000) return;
          shownAt = Date.now();
          console.error(`  ${done} of ${options.cases} cases${suspects > 0 ? `, ${suspects} to be looked at again` : ''}`);
        },
      },
      bench,
    );
  } finally {
    await bench.stop();
  }
}

function forJson({ findings, ...result }: CampaignResult): object {
  return {
    ...result,
    findings: findings.map(({ property, detail, subject, shrunk, alike }) => ({
      property,
      detail,
      seed: subject.seed,
      case: subject.index,
      values: shrunk.values,
      alike,
    })),
  };
}

void main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
