import { DEFAULT_SESSION_BUDGET, type SessionBudget } from './fleet-config';

/** On what terms an agent uses the servers of its fleet: its operator's word, and never its own. */
export interface AgentTerms {
  /** Slots that it gets, and places at a gateway, where they are short, for each one of an agent of weight 1; default 1. */
  readonly weight?: number;
  /** What differs from the budget of the fleet. */
  readonly sessionBudget?: Partial<SessionBudget>;
}

/** The most that a term may be; the least is 1, and all are whole numbers. */
export const MOST = {
  /** An agent of weight 1 gets one slot in a hundred beside it. */
  weight: 100,
  perTask: 1_000,
  /** They stand in one row of the directory, which must not grow too large. */
  perAgent: 2_000,
} as const;

/** Of the agent of a request; of the gateway's own requests nothing was decided. */
export function weightOf(terms: AgentTerms | undefined): number {
  return terms?.weight ?? 1;
}

/** @param ofFleet what the fleet says; default {@link DEFAULT_SESSION_BUDGET} */
export function budgetOf(ofFleet: SessionBudget | undefined, terms: AgentTerms | undefined): SessionBudget {
  return { ...DEFAULT_SESSION_BUDGET, ...ofFleet, ...terms?.sessionBudget };
}

/** Whether they can be kept to. The reader of messages has a test like this, and is too much for the authorizer to load. */
export function areTerms(value: unknown): value is AgentTerms {
  if (!isRecord(value)) return false;
  const { weight, sessionBudget = {} } = value;
  if (!isTerm(weight, 'weight') || !isRecord(sessionBudget)) return false;
  return isTerm(sessionBudget.perTask, 'perTask') && isTerm(sessionBudget.perAgent, 'perAgent');
}

function isTerm(value: unknown, name: keyof typeof MOST): boolean {
  return value === undefined || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST[name]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
