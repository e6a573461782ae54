import type { Source } from './order';

/** By which requests to AWS fail. Plain data: it goes to the process of the tables as well. */
export interface RequestRule {
  readonly id: string;
  readonly of: { readonly table: string } | { readonly function: string } | { readonly service: 'secretsmanager' };
  /** Everybody's requests when absent. */
  readonly from?: Exclude<Source, 'agents'>;
  /** `hang` and `lose answer` end when the rule does: then the connection is reset. */
  readonly effect: 'hang' | 'lose answer' | 'reset' | 'throttle';
  /** Above 0, up to 1. */
  readonly share: number;
}

/** Told of each request that has met a rule. */
export type OnMet = (rule: RequestRule['id']) => void;

/** How many requests have met each rule. */
export class MetRules {
  private readonly counts = new Map<RequestRule['id'], number>();

  readonly count: OnMet = (rule) => void this.counts.set(rule, this.of(rule) + 1);

  of(rule: RequestRule['id']): number {
    return this.counts.get(rule) ?? 0;
  }
}
