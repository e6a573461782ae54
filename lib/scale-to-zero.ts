import { Duration } from 'aws-cdk-lib';
import { type Problem, wholeNumber } from './problems';
import { type AddServerProps, Affinity, type ScalingOptions } from './server-props';

/** As long as target tracking looks before it takes an instance away (Application Auto Scaling, "How target tracking works"). */
const DEFAULT_STAY = Duration.minutes(15);
const MAX_STAY_MINUTES = 24 * 60;

/** Whether a server may have no instance. */
export function scalesToZero({ minInstances }: ScalingOptions = {}): boolean {
  return minInstances === 0;
}

/** Seconds for which the last instance stays without a slot in use; undefined where one stays for ever. */
export function keepIdleSeconds(scaling: ScalingOptions = {}): number | undefined {
  return scalesToZero(scaling) ? (scaling.scaleToZeroAfter ?? DEFAULT_STAY).toSeconds() : undefined;
}

/** What a server without an instance cannot have, and what is said of it where it always has one. */
export function zeroProblems({ scaling, sessions = {} }: Pick<AddServerProps, 'scaling' | 'sessions'>): Problem[] {
  const { scaleToZeroAfter } = scaling ?? {};
  const { warm, affinity = Affinity.NONE } = sessions;
  const what = 'scaling.scaleToZeroAfter';
  if (!scalesToZero(scaling)) {
    const fix = 'The last instance stays in any case: leave it out, or say minInstances: 0.';
    return scaleToZeroAfter === undefined ? [] : [{ what, got: scaleToZeroAfter, allowed: 'nothing without minInstances: 0', fix }];
  }
  const minutes = scaleToZeroAfter?.toMinutes({ integral: false });
  const problems = wholeNumber(what, minutes, 1, MAX_STAY_MINUTES, 'It is in minutes since the last slot became free.');
  if (warm !== undefined && warm !== 0) {
    const fix =
      'They are kept on instances, of which there may be none, and the first caller would wait for them too: leave one of the two out.';
    problems.push({ what: 'sessions.warm', got: warm, allowed: '0 beside scaling.minInstances: 0', fix });
  }
  if (affinity !== Affinity.NONE) {
    const fix = 'What its instances keep in memory is lost whenever nobody has called for a while: keep one with minInstances: 1.';
    problems.push({ what: 'sessions.affinity', got: affinity, allowed: `"${Affinity.NONE}" beside scaling.minInstances: 0`, fix });
  }
  return problems;
}
