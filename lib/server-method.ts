import type { OwnMethod } from '../core/fleet-config';

export interface ServerRequestProps {
  /**
   * It changes nothing: where its answer was lost it is asked again.
   * @default false
   */
  readonly readOnly?: boolean;
}

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
    return new ServerMethod(name, { kind: 'request', ...(props.readOnly === true && { readOnly: true }) });
  }

  /**
   * A notification: nobody answers it, and it is sent once.
   * @param name as the server knows it, such as `notifications/acme/seen`; 1 to 255 bytes
   */
  static notification(name: string): ServerMethod {
    return new ServerMethod(name, { kind: 'notification' });
  }

  private constructor(
    /** Name of the method. */
    readonly name: string,
    /** @internal */
    readonly _config: OwnMethod,
  ) {}
}
