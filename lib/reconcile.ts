import { Duration } from 'aws-cdk-lib';
import { expressionProblem, type ReconcileConfig } from '../core/reconcile';
import { type Problem, wholeNumber } from './problems';
import { asProperty } from './tool-names';

/** Longest that an effect may take to become visible, in seconds: until then nobody is told that nothing happened. */
const MAX_EFFECT_SECONDS = 3_600;

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

/**
 * How to find out whether a call whose answer was lost has happened: recovery of a write is a read.
 * The gateway makes it in the name of the call's agent, whether or not that one may call the tool itself.
 */
export class Reconcile {
  /** By a tool of the server that reads what the call should have changed. */
  static by(props: ReconcileProps): Reconcile {
    const { effectWithin = Duration.seconds(30), ...expressions } = props;
    return new Reconcile({ ...expressions, effectSeconds: effectWithin.toSeconds() });
  }

  private constructor(
    /** @internal */
    readonly _config: ReconcileConfig,
  ) {}

  /**
   * @param tool that is reconciled
   * @param reads tools that are declared to be read-only
   * @internal
   */
  _problems(tool: string, reads: readonly string[]): Problem[] {
    const { effectSeconds, tool: read, ...expressions } = this._config;
    const what = `tools.${asProperty(tool)}.reconcile`;
    const fix = "Write it in JSONata (https://docs.jsonata.org), as in AWS Step Functions, without the surrounding '{% %}'.";
    const problems = Object.entries(expressions).flatMap(([name, text]) => {
      const problem = text === undefined ? undefined : expressionProblem(text);
      return problem === undefined ? [] : [{ what: `${what}.${name}`, got: text, allowed: `a JSONata expression; ${problem}`, fix }];
    });
    if (!reads.includes(read)) {
      const declare = `Declare it: tools: { ${asProperty(read)}: ToolPolicy.readOnly() }. What changes something cannot tell what has changed.`;
      problems.push({ what: `${what}.tool`, got: read, allowed: 'a tool of this server that is declared read-only', fix: declare });
    }
    return [...problems, ...wholeNumber(`${what}.effectWithin`, effectSeconds, 0, MAX_EFFECT_SECONDS, 'It is counted in seconds.')];
  }
}
