import type { Grant } from '../core/grants-document';

/** What construct code grants one agent on one server, or denies it: for tests of an app, as `McpFleet.grants` lists it. */
export class DeclaredGrant {
  /** @internal */
  static _of(agent: string, grant: Grant): DeclaredGrant {
    return new DeclaredGrant(agent, grant);
  }

  /** Name of the agent. */
  readonly agent: string;
  /** Name of the server. */
  readonly server: string;
  /** Whether it keeps the agent from what it names, whatever grants it. */
  readonly isDenial: boolean;
  /** Tools, also those that are granted within bounds; `*` stands for all. */
  readonly tools: string[];
  /** Patterns of URIs. */
  readonly resources: string[];
  /** Patterns of names. */
  readonly prompts: string[];
  /** When it ends; absent where it does not. */
  readonly expires?: Date;

  private constructor(
    agent: string,
    private readonly declared: Grant,
  ) {
    const { server, effect, tools, rules = [], resources = [], prompts = [], expiresAt } = declared;
    this.agent = agent;
    this.server = server;
    this.isDenial = effect === 'deny';
    this.tools = [...tools, ...rules.map(({ tool }) => tool)].sort();
    this.resources = [...resources];
    this.prompts = [...prompts];
    if (expiresAt !== undefined) this.expires = new Date(expiresAt * 1_000);
  }

  /** Whether a call of a tool must have certain arguments, or is one of so many. */
  isBounded(tool: string): boolean {
    return (this.declared.rules ?? []).some((rule) => rule.tool === tool);
  }
}
