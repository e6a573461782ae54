/** From one capacity to another. */
export interface Change {
  readonly from: number;
  readonly to: number;
  /** What was seen, such as `SlotUtilization is 100, above 70`. */
  readonly why: string;
}

/** What one policy wants, reckoned from the capacity that it found. */
export interface Wish extends Change {
  readonly policy: string;
  readonly cooldownMs: number;
}

/** What the policies of one target want, all of them at one moment. */
export interface Wishes {
  readonly out: readonly Wish[];
  readonly in: readonly Wish[];
  /** Whether a policy that tracks a target, and may scale in, is not ready to. */
  readonly objection: boolean;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Which wish is granted. Whoever wants more comes first; fewer there are only when each policy that tracks a target agrees. Of several
 * wishes the one that leaves the most capacity counts ("Multiple scaling policies", Application Auto Scaling).
 * @returns the wish, within the bounds; undefined where nothing changes
 */
export function decide(capacity: number, wishes: Wishes, bounds: Bounds): Wish | undefined {
  const grown = largest(within(wishes.out, bounds).filter(({ to }) => to > capacity));
  if (grown !== undefined || wishes.objection) return grown;
  return largest(within(wishes.in, bounds).filter(({ to }) => to < capacity));
}

function within(wishes: readonly Wish[], { min, max }: Bounds): readonly Wish[] {
  return wishes.map((wish) => ({ ...wish, to: Math.max(min, Math.min(max, wish.to)) }));
}

function largest(wishes: readonly Wish[]): Wish | undefined {
  return wishes.reduce<Wish | undefined>((best, wish) => (best === undefined || wish.to > best.to ? wish : best), undefined);
}
