import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CampaignResult, runCampaign } from './campaign';
import { FAULT_NAMES, type FaultName } from './faults';
import type { Options } from './options';
import { bundlePrograms } from './programs';
import { describe, totalOf } from './report';
import { VIOLATIONS } from './verdict';

/** Calls of the run without a ledger stage: enough for some to be executed twice, few enough to be quick. */
const CONTROL_CALLS = { helper: 120, plain: 240 };
/** In a run of so many calls every fault must have struck. */
const LONG_RUN = 10_000;

/** Runs the real fleet, which must hold, and one without its ledger stage, which must not. @returns whether both did */
export async function runChaos(options: Options, scratch: string, signal: AbortSignal): Promise<boolean> {
  const { seed, calls, clients, json, ledger } = options;
  const startedAt = Date.now();
  const say = (line: string): void => (json ? console.error(line) : console.log(line));
  const programs = await bundlePrograms(join(scratch, 'programs'));
  const run = async (which: 'with' | 'without', number: number): Promise<CampaignResult> => {
    const folder = join(scratch, which);
    mkdirSync(folder);
    const result = await runCampaign({ seed, calls: number, clients, ledger: which, programs, scratch: folder, signal, say });
    say(describe(`${which} the ledger, seed ${seed}`, result));
    return result;
  };
  const real = ledger === 'without' ? undefined : await run('with', calls);
  const control =
    ledger === 'with' ? undefined : await run('without', ledger === 'without' ? calls : Math.min(calls, CONTROL_CALLS[clients]));

  const idle = real !== undefined && real.calls >= LONG_RUN ? idleFaults(real) : [];
  for (const name of idle) say(`! never struck: ${name}`);
  const holds = real === undefined || (real.verdict.findings.length === 0 && idle.length === 0);
  const bites = control === undefined || twiceIn(control) > 0;
  if (json) console.log(JSON.stringify({ passed: holds && bites, seed, real, control, idle }));
  say(summary(options, real, control, holds && bites, Math.round((Date.now() - startedAt) / 1000)));
  return holds && bites;
}

function idleFaults({ faults }: CampaignResult): readonly FaultName[] {
  return FAULT_NAMES.filter((name) => faults[name].struck === 0);
}

function twiceIn({ verdict }: CampaignResult): number {
  return verdict.counts['executed twice under one key'];
}

/** One line that says it all. */
function summary(
  { seed }: Options,
  real: CampaignResult | undefined,
  control: CampaignResult | undefined,
  passed: boolean,
  seconds: number,
) {
  const parts = [
    `seed ${seed}`,
    ...(real === undefined
      ? []
      : [
          `${real.calls} calls, ${totalOf(real)} faults: ${VIOLATIONS.map((violation) => `${real.verdict.counts[violation]} ${violation}`).join(', ')}`,
        ]),
    ...(control === undefined ? [] : [`without the ledger ${control.calls} calls: ${twiceIn(control)} executed twice`]),
    `${seconds} s`,
  ];
  return `chaos ${passed ? 'passed' : 'FAILED'}: ${parts.join('; ')}`;
}
