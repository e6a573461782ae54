import type { CallContext } from '../../core/fleet-config';
import { NAME_HEADER } from '../../core/headers';
import type { JsonObject } from '../../core/message';
import { encodeHeaderValue, writeParamHeaders } from '../../core/param-headers';
import type { Response } from '../../core/response';
import type { Catalogue } from './catalogue';
import type { OwnRequests } from './own-request';

/** Params of `tools/call`. */
interface CallParams {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly _meta?: JsonObject;
}

/** Calls of tools that the gateway makes itself. */
export class OwnCalls {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly requests: OwnRequests,
  ) {}

  /** @throws FleetError as `OwnRequests.ask` does */
  call(params: CallParams, context: CallContext): Promise<Response> {
    return this.requests.ask(context.server, 'tools/call', { ...params }, context, () => this.headersOf(params, context.server));
  }

  /** A tool's schema may want arguments repeated in headers. */
  private async headersOf({ name, arguments: args }: CallParams, server: string): Promise<Record<string, string>> {
    const wanted = await this.catalogue.paramHeaders(server, name);
    return { [NAME_HEADER]: encodeHeaderValue(name), ...writeParamHeaders(wanted, args) };
  }
}
