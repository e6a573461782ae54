import { Cookies } from './cookies';

/** What has been learned of one MCP endpoint from the answers that passed. */
export class Endpoint {
  /** Tools that say of themselves that they change nothing. */
  readonly readOnlyTools = new Set<string>();
  /** Cookies of requests without a session. */
  readonly cookies = new Cookies();
  /** A gateway of ours answered here: keys are honoured, and a call may be asked for again. */
  isFleet = false;

  constructor(readonly url: string) {}

  /** Reads `annotations.readOnlyHint` from one page of a `tools/list` result. */
  learnTools(tools: unknown): void {
    if (!Array.isArray(tools)) return;
    for (const tool of tools as { name?: unknown; annotations?: { readOnlyHint?: unknown } }[]) {
      if (typeof tool?.name !== 'string') continue;
      if (tool.annotations?.readOnlyHint === true) this.readOnlyTools.add(tool.name);
      else this.readOnlyTools.delete(tool.name);
    }
  }
}
