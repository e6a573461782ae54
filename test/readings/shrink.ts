import type { Bench } from './bench';
import type { Case } from './generator/case';
import { DIMENSIONS } from './generator/case';
import { observe } from './observe';
import { judge } from './properties/judge';
import { deviations, type PropertyName, type Violation } from './properties/observation';

export interface Shrunk {
  readonly subject: Case;
  readonly violations: readonly Violation[];
}

/** Bases that are tried in place of others, plainest first. */
const PLAINER: Readonly<Record<string, readonly string[]>> = {
  client: ['raw'],
  era: ['legacy'],
  tool: ['write'],
  reading: ['last'],
  server: ['sdk-v1', 'sdk-v2', 'worst'],
};

/** Makes a case that fails plainer, one dimension after the other, as long as it fails in the same way. */
export async function shrink(subject: Case, violations: readonly Violation[], property: PropertyName, bench: Bench): Promise<Shrunk> {
  let smallest: Shrunk = { subject, violations };
  if (deviations(subject).length < 2) return smallest; // it says by itself what is odd about it
  for (const plainer of candidates(subject)) {
    const values = plainer(smallest.subject.values);
    if (values === undefined) continue;
    const candidate = { ...subject, values };
    const found = judge(await observe(candidate, bench));
    if (found.some((violation) => violation.property === property)) smallest = { subject: candidate, violations: found };
  }
  return smallest;
}

type Change = (values: Readonly<Record<string, string>>) => Record<string, string> | undefined;

function candidates({ values }: Case): Change[] {
  const dropped = Object.keys(values)
    .filter((name) => name in DIMENSIONS && name !== 'message')
    .map(
      (name): Change =>
        ({ [name]: _, ...rest }) =>
          rest,
    );
  const message: Change = (now) => (now.message === 'call' ? undefined : { ...now, message: 'call' });
  const bases = Object.entries(PLAINER).flatMap(([name, plain]) =>
    plain.map(
      (value): Change =>
        (now) =>
          plain.indexOf(now[name] ?? '') >= 0 && plain.indexOf(now[name] ?? '') <= plain.indexOf(value)
            ? undefined
            : { ...now, [name]: value },
    ),
  );
  return [...dropped, message, ...bases].map((change) => (now) => {
    const next = change(now);
    return next !== undefined && fits(next) ? next : undefined;
  });
}

/** Whether every value still has what it needs. */
function fits(values: Readonly<Record<string, string>>): boolean {
  const needs = Object.entries(values).flatMap(([name, value]) => Object.entries(DIMENSIONS[name]?.[value]?.needs ?? {}));
  const modern = values.era === 'modern';
  const spoken = !(modern && ['sdk-v1', 'express'].includes(values.server ?? '')) && !(values.era === 'batches' && values.client !== 'raw');
  return spoken && needs.every(([name, allowed]) => allowed.includes(values[name] ?? ''));
}
