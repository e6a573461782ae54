import { DEMAND_META } from '../core/key-demand';
import { Cookies } from './cookies';

/** What has been learned of one MCP endpoint from the answers that passed. */
export class Endpoint {
  /** Tools that say of themselves that they change nothing. */
  readonly readOnlyTools = new Set<string>();
  /** The argument that carries the idempotency key, by tool. */
  readonly keyArguments = new Map<string, string>();
  /** Cookies of requests without a session. */
  readonly cookies = new Cookies();
  /** A gateway of ours answered here: keys are honoured, and a call may be asked for again. */
  isFleet = false;

  constructor(readonly url: string) {}

  /**
   * Reads one page of a `tools/list` result: what a tool says of itself (`annotations.readOnlyHint`), and what a fleet's
   * gateway demands for it, which counts for more.
   */
  learnTools(tools: unknown): void {
    if (!Array.isArray(tools)) return;
    for (const tool of tools as ListedTool[]) {
      if (typeof tool?.name !== 'string') continue;
      const demand = tool._meta?.[DEMAND_META];
      if (tool.annotations?.readOnlyHint === true && demand === undefined) this.readOnlyTools.add(tool.name);
      else this.readOnlyTools.delete(tool.name);
      const argument = demand?.in?.argument;
      if (typeof argument === 'string') this.keyArguments.set(tool.name, argument);
      else this.keyArguments.delete(tool.name);
    }
  }
}

/** As far as it is looked into; nothing of it is sure, for any server may have written it. */
interface ListedTool {
  readonly name?: unknown;
  readonly annotations?: { readonly readOnlyHint?: unknown };
  readonly _meta?: { readonly [DEMAND_META]?: { readonly in?: { readonly argument?: unknown } } };
}
