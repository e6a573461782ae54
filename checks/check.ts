import type { CheckedFleet } from './fleet';

/**
 * `not_built`: what exists is right, and a part that the check needs does not exist yet. `not_probed`: nothing is wrong with what was
 * seen, and what the check is about could not be seen on this fleet.
 */
export type CheckStatus = 'pass' | 'fail' | 'not_built' | 'not_probed';

export interface CheckResult {
  /** Number of the check in the design, 1 to 8. */
  readonly id: number;
  readonly name: string;
  readonly status: CheckStatus;
  /** What was seen: numbers and ids. */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** What was expected and not seen; present when the status is `fail`. */
  readonly failures?: readonly string[];
  /** What does not exist yet; present when the status is `not_built`. */
  readonly missing?: string;
  /** What was left unproven, each with what to add; always present when the status is `not_probed`. */
  readonly notProbed?: readonly string[];
  readonly milliseconds: number;
}

/** What one check found, before it is numbered and timed. */
export interface Findings {
  readonly evidence: Readonly<Record<string, unknown>>;
  /** One sentence for each expectation that did not hold. */
  readonly failures: readonly string[];
  readonly missing?: string;
  /** What was left unproven: one sentence each, with what to add. */
  readonly notProbed?: readonly string[];
  /** Whether what the check is about was seen all the same, on other parts of the fleet. */
  readonly proven?: boolean;
}

export interface Check<Fleet = CheckedFleet> {
  readonly id: number;
  readonly name: string;
  readonly run: (fleet: Fleet) => Promise<Findings>;
}

/** Longest time of one check, in milliseconds. */
const LIMIT_MS = 240_000;

/** Collects the expectations that did not hold; `otherwise` says in one sentence what was seen instead. */
export function expectations(): { readonly failures: readonly string[]; readonly expect: (holds: boolean, otherwise: string) => void } {
  const failures: string[] = [];
  return {
    failures,
    expect: (holds, otherwise) => {
      if (!holds) failures.push(otherwise);
    },
  };
}

/** A check that ran into an error or did not end has failed; nothing is taken for a pass that was not seen. */
export async function runCheck<Fleet>(check: Check<Fleet>, fleet: Fleet, limitMs = LIMIT_MS): Promise<CheckResult> {
  const { id, name } = check;
  const start = performance.now();
  const findings = await bounded(check.run(fleet), limitMs).catch(
    (error: unknown): Findings => ({ evidence: {}, failures: [`The check ended with ${describe(error)}`] }),
  );
  return { id, name, ...verdictOf(findings), milliseconds: Math.round(performance.now() - start) };
}

function verdictOf({
  evidence,
  failures,
  missing,
  notProbed = [],
  proven = false,
}: Findings): Omit<CheckResult, 'id' | 'name' | 'milliseconds'> {
  const left = notProbed.length > 0 ? { notProbed } : {};
  if (failures.length > 0) return { status: 'fail', evidence, failures, ...left };
  if (missing !== undefined) return { status: 'not_built', evidence, missing, ...left };
  return { status: notProbed.length > 0 && !proven ? 'not_probed' : 'pass', evidence, ...left };
}

async function bounded<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${limitMs / 1000} s`)), limitMs);
  });
  return await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
