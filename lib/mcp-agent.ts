import { CustomResource, Duration, Lazy } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ToolRule } from '../core/policy';
import type { Argument } from './argument';
import type { CallLimit } from './call-limit';
import type { SessionBudgetOptions } from './fleet-props';
import { refuse } from './problems';
import type { CallDenialProps, CallGrantProps } from './server-props';

/** Longest `sub` (OpenID Connect Core §2). */
const MAX_SUBJECT = 255;
const ALLOWLIST_RESOURCE = 'Custom::McpFleetAllowlist';

export interface AddAgentProps {
  /** `sub` of the agent's access tokens; 1 to 255 characters. */
  readonly subject: string;
  /**
   * Slots that the agent gets, where they are short, for each one of an agent of weight 1; from 1 to 100. It shares them: where nobody else
   * waits, any agent has them all.
   * @default 1
   */
  readonly weight?: number;
  /**
   * Most sessions that it has open at once, in place of what the fleet says.
   * @default - the fleet's `sessionBudget`
   */
  readonly sessionBudget?: SessionBudgetOptions;
}

/** On what terms an agent uses its servers, as the custom resource takes them. */
interface Terms {
  readonly Weight?: number;
  readonly SessionBudget?: { readonly PerTask?: number; readonly PerAgent?: number };
}

/** One row of the allowlist, as the custom resource takes it. */
interface Grant {
  readonly Server: string;
  /** A grant where it is absent. */
  readonly Effect?: 'deny';
  readonly Tools: string[];
  readonly Rules?: ToolRule[];
  readonly Resources?: string[];
  readonly Prompts?: string[];
  /** Seconds since the epoch. */
  readonly ExpiresAt?: number;
}

/** An agent of a fleet; made by `McpFleet.addAgent`. It may do nothing until a server grants it calls. */
export class McpAgent extends Construct {
  readonly agentName: string;
  readonly subject: string;
  private readonly grants = new Map<string, Grant>();
  private readonly terms: Terms | undefined;

  /** @internal */
  static _in(scope: Construct, name: string, props: AddAgentProps, issuer: string, allowlistSync: lambda.IFunction): McpAgent {
    return new McpAgent(scope, name, props, issuer, allowlistSync);
  }

  private constructor(
    scope: Construct,
    name: string,
    props: AddAgentProps,
    private readonly issuer: string,
    private readonly allowlistSync: lambda.IFunction,
  ) {
    super(scope, name);
    const { subject } = props;
    if (subject.length === 0 || subject.length > MAX_SUBJECT) {
      const allowed = `1 to ${MAX_SUBJECT} characters`;
      refuse(this, [{ what: 'agent subject', got: subject, allowed, fix: "Write the `sub` of the agent's access tokens." }]);
    }
    this.agentName = name;
    this.subject = subject;
    this.terms = termsOf(props);
  }

  /** @internal */
  _allow(server: { readonly serverName: string }, grant: CallGrantProps): void {
    const { when = {}, limits = {}, tools = [], ...rest } = grant;
    const bounded = tools.filter((tool) => Object.hasOwn(when, tool) || Object.hasOwn(limits, tool));
    const rules = bounded.sort().map((tool) => ruleOf(tool, when[tool], limits[tool]));
    this.add('grant', server.serverName, {
      Server: server.serverName,
      ...namesOf({ ...rest, tools: tools.filter((tool) => !bounded.includes(tool)) }),
      ...(rules.length > 0 && { Rules: rules }),
    });
  }

  /** @internal */
  _deny({ serverName }: { readonly serverName: string }, denial: CallDenialProps): void {
    this.add('denial', serverName, { Server: serverName, Effect: 'deny', ...namesOf(denial) });
  }

  /** The custom resource is made with the first of them: an agent without any has no rows. */
  private add(what: 'grant' | 'denial', server: string, entry: Grant): void {
    const key = `${what} ${server}`;
    if (this.grants.has(key)) {
      const fix = `Name all in one ${what}: a second one would replace the first.`;
      refuse(this, [{ what, got: server, allowed: `one ${what} per agent and server`, fix }]);
    }
    if (this.grants.size === 0) this.syncAllowlist();
    this.grants.set(key, entry);
  }

  private syncAllowlist(): void {
    new CustomResource(this, 'Allowlist', {
      resourceType: ALLOWLIST_RESOURCE,
      serviceToken: this.allowlistSync.functionArn,
      serviceTimeout: Duration.minutes(2),
      properties: {
        Issuer: this.issuer,
        Subject: this.subject,
        Name: this.agentName,
        ...(this.terms !== undefined && { Terms: this.terms }),
        Grants: Lazy.any({ produce: () => [...this.grants.values()] }),
      },
    });
  }
}

function namesOf({ tools = [], resources = [], prompts = [], expires }: CallDenialProps): Omit<Grant, 'Server'> {
  return {
    Tools: [...tools].sort(),
    ...(resources.length > 0 && { Resources: [...resources].sort() }),
    ...(prompts.length > 0 && { Prompts: [...prompts].sort() }),
    ...(expires !== undefined && { ExpiresAt: Math.floor(expires.date.getTime() / 1000) }),
  };
}

function ruleOf(tool: string, when: { readonly [argument: string]: Argument } | undefined, limit: CallLimit | undefined): ToolRule {
  return {
    tool,
    ...(when !== undefined && { when: Object.fromEntries(Object.entries(when).map(([name, { _condition }]) => [name, _condition])) }),
    ...(limit !== undefined && { atMost: limit._limit }),
  };
}

/** Undefined where it has none of its own. */
function termsOf({ weight, sessionBudget: { perTask, perAgent } = {} }: AddAgentProps): Terms | undefined {
  const budget = { ...(perTask !== undefined && { PerTask: perTask }), ...(perAgent !== undefined && { PerAgent: perAgent }) };
  const terms = { ...(weight !== undefined && { Weight: weight }), ...(Object.keys(budget).length > 0 && { SessionBudget: budget }) };
  return Object.keys(terms).length > 0 ? terms : undefined;
}
