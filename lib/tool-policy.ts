import type { ToolConfig } from '../core/fleet-config';
import { argumentNames } from '../core/reconcile';
import { JSON_POINTER, segmentsOf } from '../core/redaction';
import { flag, listOf, made, memberProblems, oneOf, optional, type Shape, text } from './kinds';
import { matching, type Problem } from './problems';
import { Reconcile } from './reconcile';

/** What a call of a state-changing tool must bring against double execution. */
export enum KeyPolicy {
  /** Without an idempotency key the call is refused (KEY_REQUIRED). */
  REQUIRED = 'required',
  /** A call without a key runs, and is fenced against identical calls whose outcome is unknown. */
  FENCED = 'fenced',
}

export interface ReadOnlyToolProps {
  /**
   * JSON pointers (RFC 6901) into the tool's arguments, such as `/card/number`: in the ledger a keyed digest stands in place of what is
   * there, by which equal values are still seen to be equal. The server gets the value itself.
   * @default - the arguments are kept as they are
   */
  readonly redact?: string[];
}

export interface StateChangingToolProps extends ReadOnlyToolProps {
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

const POINTERS = listOf(text('Write a JSON pointer, such as /card/number.'));

const READ_ONLY: Shape<ReadOnlyToolProps> = { redact: optional(POINTERS) };

const STATE_CHANGING: Shape<StateChangingToolProps> = {
  ...READ_ONLY,
  key: optional(oneOf(KeyPolicy, 'KeyPolicy')),
  keyArgument: optional(text('Write the name of an argument.')),
  honoursKey: optional(flag),
  cancellable: optional(flag),
  reconcile: optional(made(Reconcile)),
};

/** What the operator declares about a tool. A tool without a declaration is state-changing and fenced. */
export class ToolPolicy {
  /** The tool only reads: its calls are audited, and may be repeated freely. */
  static readOnly(props: ReadOnlyToolProps = {}): ToolPolicy {
    return new ToolPolicy('read_only', props);
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
    const { key = KeyPolicy.FENCED, keyArgument, honoursKey, cancellable, reconcile, redact } = this.props;
    return {
      effect: this.effect,
      key,
      ...(keyArgument !== undefined && { keyArgument }),
      ...(honoursKey === true && { honoursKey: true }),
      ...(cancellable === true && { cancellable: true }),
      ...(redact !== undefined && { redact }),
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
    const shape: Shape<StateChangingToolProps> | Shape<ReadOnlyToolProps> = this._onlyReads ? READ_ONLY : STATE_CHANGING;
    const problems = memberProblems(`${what} props`, this.props, shape as Shape<StateChangingToolProps>, `${what}.`);
    if (problems.length > 0) return problems;
    const { keyArgument, reconcile, redact = [] } = this.props;
    return [
      ...matching(`${what}.keyArgument`, keyArgument, /\S/, 'the name of an argument', 'Leave it out where no argument carries the key.'),
      ...(reconcile?._problems(`${what}.reconcile`, reads) ?? []),
      ...redact.flatMap((pointer) => this.redactionProblems(`${what}.redact`, pointer)),
    ];
  }

  /** What the row does not keep cannot find its call again. */
  private redactionProblems(what: string, pointer: string): Problem[] {
    const fix = 'Each name stands behind a slash, and ~1 is a slash within a name (RFC 6901).';
    const problems = matching(what, pointer, JSON_POINTER, 'a JSON pointer, such as /card/number', fix);
    if (problems.length > 0) return problems;
    const { keyArgument, reconcile } = this.props;
    if (keyArgument !== undefined && pointer === `/${keyArgument}`)
      return [
        {
          what,
          got: pointer,
          allowed: 'other arguments than the key',
          fix: 'The key names the row: leave it out here, or send it in _meta.',
        },
      ];
    const read = reconcile === undefined ? [] : segmentsOf(pointer).filter((name) => argumentNames(reconcile._config).has(name));
    if (read.length === 0) return [];
    const allowed = `arguments that reconcile does not read; it reads "${read.join('", "')}"`;
    return [
      { what, got: pointer, allowed, fix: 'The read would look for the digest: look the call up by another argument, or by its key.' },
    ];
  }
}
