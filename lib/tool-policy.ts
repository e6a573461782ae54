import type { ToolConfig } from '../core/fleet-config';
import type { Reconcile } from './reconcile';

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

/** What the operator declares about a tool. A tool without a declaration is state-changing and fenced. */
export class ToolPolicy {
  /** The tool only reads: its calls are audited, and may be repeated freely. */
  static readOnly(): ToolPolicy {
    return new ToolPolicy({ effect: 'read_only', key: 'fenced' });
  }

  /** The tool changes state: each call is claimed in the ledger before a byte of it is sent. */
  static stateChanging(props: StateChangingToolProps = {}): ToolPolicy {
    return new ToolPolicy(
      {
        effect: 'state_changing',
        key: props.key ?? KeyPolicy.FENCED,
        ...(props.keyArgument !== undefined && { keyArgument: props.keyArgument }),
        ...(props.honoursKey === true && { honoursKey: true }),
        ...(props.cancellable === true && { cancellable: true }),
        ...(props.reconcile !== undefined && { reconcile: props.reconcile._config }),
      },
      props.reconcile,
    );
  }

  private constructor(
    /** @internal */
    readonly _config: ToolConfig,
    /** @internal */
    readonly _reconcile?: Reconcile,
  ) {}
}
