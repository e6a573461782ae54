import { Construct } from 'constructs';
import type { AgentTerms } from '../core/agent-terms';
import { SERVER_NAME } from '../core/fleet-config';
import type { Grant } from '../core/grants-document';
import type { ToolRule } from '../core/policy';
import type { Argument } from './argument';
import type { CallLimit } from './call-limit';
import type { SessionBudgetOptions } from './fleet-props';
import { memberProblems, type Shape, text } from './kinds';
import { matching, type Problem, refuse } from './problems';
import type { CallDenialProps, CallGrantProps } from './server-props';

/** Longest `sub` (OpenID Connect Core §2). */
const MAX_SUBJECT = 255;

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

export interface McpAgentAttributes {
  /** Name that the app of the fleet gave it in `addAgent`. */
  readonly agentName: string;
  /** `sub` of the agent's access tokens, as that app has it. */
  readonly subject: string;
}

const ATTRIBUTES: Shape<McpAgentAttributes> = {
  agentName: text('Write the name that the app of the fleet gave it.'),
  subject: text("Write the `sub` of the agent's access tokens."),
};

function attributeProblems(attrs: McpAgentAttributes): Problem[] {
  const problems = memberProblems('agent attributes', attrs, ATTRIBUTES, 'agent ');
  if (problems.length > 0) return problems;
  const allowed = '1 to 31 characters a-z, 0-9 and -, a letter first';
  return matching('agent name', attrs.agentName, SERVER_NAME, allowed, 'It is what the app of the fleet calls it.');
}

/** An agent of a fleet; made by `McpFleet.addAgent`. It may do nothing until a server grants it calls. */
export class McpAgent extends Construct {
  readonly agentName: string;
  readonly subject: string;
  /**
   * Undefined where it has none of its own.
   * @internal
   */
  readonly _terms: AgentTerms | undefined;
  /** @internal */
  readonly _isImported: boolean;
  private readonly grants = new Map<string, { readonly grant: Grant; readonly home: object }>();

  /**
   * An agent of a fleet that another app has deployed, for grants of servers in this one.
   * @param attrs as the fleet's own app names it
   */
  static fromAgentAttributes(scope: Construct, id: string, attrs: McpAgentAttributes): McpAgent {
    return new McpAgent(scope, id, attrs?.agentName, attrs, attributeProblems(attrs));
  }

  /** @internal */
  static _in(scope: Construct, name: string, props: AddAgentProps): McpAgent {
    return new McpAgent(scope, name, name, props);
  }

  private constructor(
    scope: Construct,
    id: string,
    name: string,
    props: AddAgentProps,
    /** Of what another app tells of it; absent where this one has made it. */
    problems?: readonly Problem[],
  ) {
    super(scope, id);
    refuse(this, problems ?? []);
    this._isImported = problems !== undefined;
    const { subject } = props;
    if (subject.length === 0 || subject.length > MAX_SUBJECT) {
      const allowed = `1 to ${MAX_SUBJECT} characters`;
      refuse(this, [{ what: 'agent subject', got: subject, allowed, fix: "Write the `sub` of the agent's access tokens." }]);
    }
    this.agentName = name;
    this.subject = subject;
    this._terms = termsOf(props);
  }

  /** @internal */
  get _grants(): readonly Grant[] {
    return [...this.grants.values()].map(({ grant }) => grant);
  }

  /**
   * Those that one stack says.
   * @internal
   */
  _grantsIn(home: object): readonly Grant[] {
    return [...this.grants.values()].filter((each) => each.home === home).map(({ grant }) => grant);
  }

  /**
   * @param home stands for the stack that says it
   * @internal
   */
  _allow(server: { readonly serverName: string }, grant: CallGrantProps, home: object): void {
    const { when = {}, limits = {}, tools = [], ...rest } = grant;
    const bounded = tools.filter((tool) => Object.hasOwn(when, tool) || Object.hasOwn(limits, tool));
    const rules = bounded.sort().map((tool) => ruleOf(tool, when[tool], limits[tool]));
    this.add('grant', server.serverName, home, {
      server: server.serverName,
      effect: 'allow',
      ...namesOf({ ...rest, tools: tools.filter((tool) => !bounded.includes(tool)) }),
      ...(rules.length > 0 && { rules }),
    });
  }

  /** @internal */
  _deny({ serverName }: { readonly serverName: string }, denial: CallDenialProps, home: object): void {
    this.add('denial', serverName, home, { server: serverName, effect: 'deny', ...namesOf(denial) });
  }

  private add(what: 'grant' | 'denial', server: string, home: object, grant: Grant): void {
    const key = `${what} ${server}`;
    if (this.grants.has(key)) {
      const fix = `Name all in one ${what}: a second one would replace the first.`;
      refuse(this, [{ what, got: server, allowed: `one ${what} per agent and server`, fix }]);
    }
    this.grants.set(key, { grant, home });
  }
}

function namesOf({ tools = [], resources = [], prompts = [], expires }: CallDenialProps): Omit<Grant, 'server' | 'effect'> {
  return {
    tools: [...tools].sort(),
    ...(resources.length > 0 && { resources: [...resources].sort() }),
    ...(prompts.length > 0 && { prompts: [...prompts].sort() }),
    ...(expires !== undefined && { expiresAt: Math.floor(expires.date.getTime() / 1000) }),
  };
}

function ruleOf(tool: string, when: { readonly [argument: string]: Argument } | undefined, limit: CallLimit | undefined): ToolRule {
  return {
    tool,
    ...(when !== undefined && { when: Object.fromEntries(Object.entries(when).map(([name, { _condition }]) => [name, _condition])) }),
    ...(limit !== undefined && { atMost: limit._limit }),
  };
}

function termsOf({ weight, sessionBudget: { perTask, perAgent } = {} }: AddAgentProps): AgentTerms | undefined {
  const budget = { ...(perTask !== undefined && { perTask }), ...(perAgent !== undefined && { perAgent }) };
  const terms = { ...(weight !== undefined && { weight }), ...(Object.keys(budget).length > 0 && { sessionBudget: budget }) };
  return Object.keys(terms).length > 0 ? terms : undefined;
}
