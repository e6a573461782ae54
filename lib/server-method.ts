import type { OwnMethod } from '../core/fleet-config';
import { flag, memberProblems, optional, type Shape, text } from './kinds';
import type { Problem } from './problems';

export interface ServerRequestProps {
  /**
   * It changes nothing: where its answer was lost it is asked again.
   * @default false
   */
  readonly readOnly?: boolean;
}

const NAME = text('Write the name as the server knows it.');
const REQUEST: Shape<ServerRequestProps> = { readOnly: optional(flag) };

/**
 * A method of a server's own that agents may say to it, beside those of the protocol: whoever may use the server may say it. What is
 * neither in the protocol nor declared does not reach the server. The ledger has rows of tool calls only, and none of these.
 */
export class ServerMethod {
  /**
   * A request: the server answers it.
   * @param name as the server knows it, such as `acme/reindex`; 1 to 255 bytes
   */
  static request(name: string, props: ServerRequestProps = {}): ServerMethod {
    return new ServerMethod(name, 'request', props);
  }

  /**
   * A notification: nobody answers it, and it is sent once.
   * @param name as the server knows it, such as `notifications/acme/seen`; 1 to 255 bytes
   */
  static notification(name: string): ServerMethod {
    return new ServerMethod(name, 'notification', {});
  }

  private constructor(
    /** Name of the method. */
    readonly name: string,
    private readonly kind: OwnMethod['kind'],
    private readonly props: ServerRequestProps,
  ) {}

  /** @internal */
  get _config(): OwnMethod {
    return { kind: this.kind, ...(this.props.readOnly === true && { readOnly: true }) };
  }

  /** @internal */
  _problems(what: string): Problem[] {
    return [...NAME(`${what} name`, this.name), ...memberProblems(`${what} props`, this.props, REQUEST, `${what} `)];
  }
}
