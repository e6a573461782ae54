import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms } from '../suites/bundling';
import type { Stage, Verdict } from '../suites/suite';
import { type CampaignResult, runCampaign } from './campaign';
import { FAULT_NAMES, type FaultName } from './faults';
import type { Options } from './options';
import { describe, totalOf } from './report';
import { VIOLATIONS } from './verdict';

/** Calls of the run without a ledger stage: enough for some to be executed twice, few enough to be quick. */
const CONTROL_CALLS = { helper: 120, plain: 240 };
/** In a run of so many calls every fault must have struck. */
const LONG_RUN = 10_000;

/** Runs the real fleet, which must hold, and one without its ledger stage, which must not. */
export async function runChaos({ seed, calls, clients, ledger }: Options, { scratch, signal, say }: Stage): Promise<Verdict> {
  const bundled = await bundlePrograms('test/chaos', ['bank-server', 'agent'], join(scratch, 'programs'));
  const programs = { bankServer: bundled['bank-server'], agent: join(bundled.agent, 'index.js') };
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
  return { passed: holds && bites, facts: factsOf(seed, real, control), document: { seed, real, control, idle } };
}

function idleFaults({ faults }: CampaignResult): readonly FaultName[] {
  return FAULT_NAMES.filter((name) => faults[name].struck === 0);
}

function twiceIn({ verdict }: CampaignResult): number {
  return verdict.counts['executed twice under one key'];
}

function factsOf(seed: number, real: CampaignResult | undefined, control: CampaignResult | undefined): readonly string[] {
  const facts = [`seed ${seed}`];
  if (real !== undefined) {
    const violations = VIOLATIONS.map((violation) => `${real.verdict.counts[violation]} ${violation}`).join(', ');
    facts.push(`${real.calls} calls, ${totalOf(real)} faults: ${violations}`);
  }
  if (control !== undefined) facts.push(`without the ledger ${control.calls} calls: ${twiceIn(control)} executed twice`);
  return facts;
}
