import type { LocalAccount } from '../local-account';

/** `not_built`: what exists is right, and a part that the check needs does not exist yet. */
export type CheckStatus = 'pass' | 'fail' | 'not_built';

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
  readonly milliseconds: number;
}

/** What one check found, before it is numbered and timed. */
export interface Findings {
  readonly evidence: Readonly<Record<string, unknown>>;
  /** One sentence for each expectation that did not hold. */
  readonly failures: readonly string[];
  readonly missing?: string;
}

export interface Check {
  readonly id: number;
  readonly name: string;
  readonly run: (account: LocalAccount) => Promise<Findings>;
}

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
export async function runCheck(check: Check, account: LocalAccount, limitMs = 240_000): Promise<CheckResult> {
  const { id, name } = check;
  const start = performance.now();
  const findings = await bounded(check.run(account), limitMs).catch(
    (error: unknown): Findings => ({ evidence: {}, failures: [`The check ended with ${describe(error)}`] }),
  );
  const { evidence, failures, missing } = findings;
  const common = { id, name, evidence, milliseconds: Math.round(performance.now() - start) };
  if (failures.length > 0) return { ...common, status: 'fail', failures };
  if (missing !== undefined) return { ...common, status: 'not_built', missing };
  return { ...common, status: 'pass' };
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
