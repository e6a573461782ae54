import { Duration } from 'aws-cdk-lib';
import type { ReconcileConfig } from '../core/reconcile';
import { duration, memberProblems, optional, type Shape, text } from './kinds';
import { type Problem, wholeNumber } from './problems';
import { expressionProblems } from './reconcile-expressions';
import { asProperty } from './tool-names';

/** Longest that an effect may take to become visible, in seconds: until then nobody is told that nothing happened. */
const MAX_EFFECT_SECONDS = 3_600;
const DEFAULT_EFFECT = Duration.seconds(30);

export interface ReconcileProps {
  /** Tool of the same server that only reads; declared so in `tools`. */
  readonly tool: string;
  /**
   * JSONata that gives the read's arguments from `{ arguments, idempotencyKey, callId }`, such as
   * `{ "reference": arguments.reference }`.
   */
  readonly arguments: string;
  /** JSONata over the same and `result` (the read's CallToolResult): `true` when the call happened. */
  readonly landed: string;
  /** JSONata over the same: `true` when it did not. Where both or neither are, nothing is shown and the outcome stays unknown. */
  readonly notLanded: string;
  /**
   * JSONata over the same that gives the CallToolResult of a call that happened and whose own result was lost.
   * @default - a sentence that says so; give one where the tool has an output schema, for clients hold results against it
   */
  readonly result?: string;
  /**
   * Longest time from the call's arrival at its server until its effect, if any, can be read. A read that finds nothing
   * counts only after it.
   * @default Duration.seconds(30)
   */
  readonly effectWithin?: Duration;
}

const EXPRESSION = text("Write it in JSONata, between quotes, such as 'result.structuredContent.count > 0'.");
const RECONCILE: Shape<ReconcileProps> = {
  tool: text('Write the name of a tool of the same server that only reads.'),
  arguments: EXPRESSION,
  landed: EXPRESSION,
  notLanded: EXPRESSION,
  result: optional(EXPRESSION),
  effectWithin: optional(duration),
};

/**
 * How to find out whether a call whose answer was lost has happened: recovery of a write is a read.
 * The gateway makes it in the name of the call's agent, whether or not that one may call the tool itself.
 */
export class Reconcile {
  /** By a tool of the server that reads what the call should have changed. */
  static by(props: ReconcileProps): Reconcile {
    return new Reconcile(props);
  }

  private constructor(private readonly props: ReconcileProps) {}

  /** @internal */
  get _config(): ReconcileConfig {
    const { tool, arguments: args, landed, notLanded, result, effectWithin = DEFAULT_EFFECT } = this.props;
    return { tool, arguments: args, landed, notLanded, ...(result !== undefined && { result }), effectSeconds: secondsOf(effectWithin) };
  }

  /**
   * @param what it is the reconciliation of, such as `tools.transfer.reconcile`
   * @param reads tools that are declared to be read-only
   * @internal
   */
  _problems(what: string, reads: readonly string[]): Problem[] {
    const problems = memberProblems(`${what} props`, this.props, RECONCILE, `${what}.`);
    return problems.length > 0 ? problems : reconcileProblems(what, this._config, reads);
  }
}

function reconcileProblems(what: string, { effectSeconds, tool, ...expressions }: ReconcileConfig, reads: readonly string[]): Problem[] {
  const problems = expressionProblems(what, expressions);
  if (!reads.includes(tool)) {
    const declare = `Declare it: tools: { ${asProperty(tool)}: ToolPolicy.readOnly() }. What changes something cannot tell what has changed.`;
    problems.push({ what: `${what}.tool`, got: tool, allowed: 'a tool of this server that is declared read-only', fix: declare });
  }
  return [...problems, ...wholeNumber(`${what}.effectWithin`, effectSeconds, 0, MAX_EFFECT_SECONDS, 'It is counted in seconds.')];
}

/** Not whole where that was not given: it is judged like any other number. */
function secondsOf(duration: Duration): number {
  return duration.toSeconds({ integral: false });
}
