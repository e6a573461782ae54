import type { ToolConfig } from '../core/fleet-config';
import { flag, made, memberProblems, oneOf, optional, type Shape, text } from './kinds';
import { matching, type Problem } from './problems';
import { Reconcile } from './reconcile';

/** What a call of a state-changing tool must bring against double execution. */
export enum KeyPolicy {
  /** Without an idempotency key the call is refused (KEY_REQUIRED). */
  REQUIRED = 'required',
  /** A call without a key runs, and is fenced against identical calls whose outcome is unknown. */
  FENCED = 'fenced',
}

export interface StateChangingToolProps {
  /** @default KeyPolicy.FENCED */
  readonly key?: KeyPolicy;
  /**
   * Argument of the tool that carries the idempotency key.
   * @default - the key comes in `params._meta["cdk-mcp-fleet/idempotencyKey"]` or in the header `Idempotency-Key`
   */
  readonly keyArgument?: string;
  /**
   * The server itself takes a call with an idempotency key that it has seen for a repetition of the first: a call whose answer
   * was lost is sent again with its key.
   * @default false
   */
  readonly honoursKey?: boolean;
  /**
   * A cancellation by the agent reaches the server. Without an answer within 10 s after it, evidence is looked for, and where there is
   * none the outcome is unknown. Only for tools that stop when they are told to: SDK clients cancel by themselves after a minute.
   * @default false - the call goes on, and its answer is kept for who asks
   */
  readonly cancellable?: boolean;
  /**
   * The read that shows whether a call whose answer was lost has happened.
   * @default - none: such a call stays unknown until its instance or a person can tell
   */
  readonly reconcile?: Reconcile;
}

const STATE_CHANGING: Shape<StateChangingToolProps> = {
  key: optional(oneOf(KeyPolicy, 'KeyPolicy')),
  keyArgument: optional(text('Write the name of an argument.')),
  honoursKey: optional(flag),
  cancellable: optional(flag),
  reconcile: optional(made(Reconcile)),
};

/** What the operator declares about a tool. A tool without a declaration is state-changing and fenced. */
export class ToolPolicy {
  /** The tool only reads: its calls are audited, and may be repeated freely. */
  static readOnly(): ToolPolicy {
    return new ToolPolicy('read_only', {});
  }

  /** The tool changes state: each call is claimed in the ledger before a byte of it is sent. */
  static stateChanging(props: StateChangingToolProps = {}): ToolPolicy {
    return new ToolPolicy('state_changing', props);
  }

  private constructor(
    private readonly effect: ToolConfig['effect'],
    private readonly props: StateChangingToolProps,
  ) {}

  /** @internal */
  get _config(): ToolConfig {
    const { key = KeyPolicy.FENCED, keyArgument, honoursKey, cancellable, reconcile } = this.props;
    return {
      effect: this.effect,
      key,
      ...(keyArgument !== undefined && { keyArgument }),
      ...(honoursKey === true && { honoursKey: true }),
      ...(cancellable === true && { cancellable: true }),
      ...(reconcile !== undefined && { reconcile: reconcile._config }),
    };
  }

  /** @internal */
  get _onlyReads(): boolean {
    return this.effect === 'read_only';
  }

  /**
   * @param what it is the policy of, such as `tools.transfer`
   * @param reads tools of the server that are declared to be read-only
   * @internal
   */
  _problems(what: string, reads: readonly string[]): Problem[] {
    const problems = memberProblems(`${what} props`, this.props, STATE_CHANGING, `${what}.`);
    if (problems.length > 0) return problems;
    const { keyArgument, reconcile } = this.props;
    return [
      ...matching(`${what}.keyArgument`, keyArgument, /\S/, 'the name of an argument', 'Leave it out where no argument carries the key.'),
      ...(reconcile?._problems(`${what}.reconcile`, reads) ?? []),
    ];
  }
}
