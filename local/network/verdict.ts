/** Whether a connection comes about. */
export interface Verdict {
  readonly open: boolean;
  /** What it depends on that no template tells; it was taken as open there. */
  readonly unknown: readonly string[];
  /** What lets it pass, or what is missing, for people. */
  readonly why: string;
  /** Rules, routes, endpoints and the like that it passes by. */
  readonly by: readonly string[];
}

export function passes(why: string, by: readonly string[] = []): Verdict {
  return { open: true, unknown: [], why, by };
}

/** It passes for all that is known. */
export function unknown(what: string): Verdict {
  return { open: true, unknown: [what], why: `taken as open: ${what}`, by: [] };
}

export function refused(why: string): Verdict {
  return { open: false, unknown: [], why, by: [] };
}

/** All of them are needed: what is missing first is told. */
export function all(verdicts: readonly Verdict[]): Verdict {
  const missing = verdicts.find(({ open }) => !open);
  if (missing) return missing;
  return {
    open: true,
    unknown: [...new Set(verdicts.flatMap((verdict) => verdict.unknown))],
    why: [...new Set(verdicts.map(({ why }) => why))].filter((why) => why !== '').join('; '),
    by: [...new Set(verdicts.flatMap(({ by }) => by))],
  };
}
