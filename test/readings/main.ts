import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBench } from './bench';
import { replacing } from './broken/replacing';
import { WAYS, type Way } from './broken/ways';
import { type CampaignResult, runCampaign } from './campaign';
import { type Options, readOptions, USAGE } from './options';
import { describe, describeCase, summaryOf } from './report';

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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-readings-'));
  let keep = true;
  try {
    const passed =
      options.prove || options.broken !== undefined
        ? await prove(options, scratch, interruption.signal)
        : await hold(options, scratch, interruption.signal);
    keep = !passed || options.keep;
    return interruption.signal.aborted ? 130 : passed ? 0 : 1;
  } finally {
    if (keep) console.error(`Logs are in ${scratch}`);
    else rmSync(scratch, { recursive: true, force: true });
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
    if (options.only !== undefined) for (const { observation } of result.findings) console.log(describeCase(observation));
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
        ...(options.only !== undefined && { only: options.only }),
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
