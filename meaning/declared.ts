import type { Template } from '../local/assembly/template';
import type { Members } from './told';

/** A template of a side, under the name of its stack. */
export interface NamedTemplate {
  readonly name: string;
  readonly template: Template;
}

/**
 * What a template declares of one fleet. `undefined` stands for what this template does not tell; a list that is empty tells that
 * there is nothing. Texts hold logical ids where deployment fills something in (`textOf`).
 */
export interface DeclaredFleet {
  readonly name: string;
  readonly stack: string;
  readonly template: Template;
  /** Whether the fleet itself stands in this stack. Else it is servers of a team that do, and nothing but them is told. */
  readonly isHome: boolean;
  /** Path of its construct; of servers of a team there is none. */
  readonly path: string | undefined;
  readonly identity: DeclaredIdentity;
  /** Subjects by the agents' names. */
  readonly agents: ReadonlyMap<string, string> | undefined;
  readonly granted: ToldGrants | undefined;
  readonly edge: DeclaredEdge | undefined;
  readonly gateway: DeclaredGateway | undefined;
  /** Names of the servers; those that are told of are in `servers`. */
  readonly servers: ReadonlyMap<string, DeclaredServer>;
  readonly ledger: DeclaredLedger | undefined;
  /** Days by the log group's place in the fleet. */
  readonly logs: ReadonlyMap<string, string> | undefined;
  readonly alarms: ReadonlyMap<string, DeclaredAlarm> | undefined;
  /** What others than the gateway and the servers may do with the fleet's tables. */
  readonly tableAccess: readonly Permission[];
}

export interface DeclaredIdentity {
  readonly issuer?: string;
  readonly audience?: readonly string[];
  readonly audienceClaim?: string;
  readonly jwksUri?: string;
}

/** What construct code grants in one fleet. */
export interface ToldGrants {
  readonly grants: readonly DeclaredGrant[];
  /** Subjects by the names of the agents that are granted anything. */
  readonly subjects: ReadonlyMap<string, string>;
  /** On what terms agents use the servers, in words, where they have terms of their own. */
  readonly terms: ReadonlyMap<string, string>;
}

/** What an agent may use at a server. */
export interface DeclaredGrant {
  readonly agent: string;
  readonly server: string;
  readonly effect: 'allow' | 'deny';
  /** `*` stands for all; one that is granted within bounds, with these in words. */
  readonly tools: readonly string[];
  /** Patterns of URIs, and of names of prompts. */
  readonly resources: readonly string[];
  readonly prompts: readonly string[];
  /** Seconds since the epoch; infinite without an end. */
  readonly expiresAt: number;
}

export interface DeclaredEdge {
  /** Logical id of its load balancer, or of the API before it. */
  readonly entry: string;
  readonly scheme: string;
  readonly port: string;
  readonly protocol: string;
  readonly domain: string | undefined;
  readonly certificates: readonly string[];
  readonly tlsPolicy: string;
  /** From where it may be reached. */
  readonly clients: readonly string[];
}

export interface DeclaredGateway {
  readonly replicas: string;
  readonly task: DeclaredTask;
  readonly permissions: readonly Permission[];
  readonly keyLifetimeSeconds: number | undefined;
  /** In words. */
  readonly sessionBudget: string;
  readonly allowedOrigins: readonly string[] | undefined;
  readonly sealKey: string | undefined;
}

export interface DeclaredServer {
  readonly name: string;
  /** What the gateway is told of it; undefined where the gateway's configuration is not told. */
  readonly config: Members | undefined;
  /** URL of a server outside the fleet. */
  readonly remoteUrl: string | undefined;
  /** Where the fleet runs it. */
  readonly hosted: HostedServer | undefined;
  /** Calls that the checks may make, as text. */
  readonly checks: string;
}

export interface HostedServer {
  readonly task: DeclaredTask;
  /** Logical id of its service. */
  readonly service: string | undefined;
  /** `http` or `stdio`. */
  readonly runtime: string;
  /** Of HTTP, where the server listens; of stdio, the words of the command that starts a child. */
  readonly start: readonly string[];
  readonly slots: number | undefined;
  /** Sessions, or children, that each instance keeps ready. */
  readonly warm: number | undefined;
  /** For how long the last instance stays idle, where it may go. */
  readonly keepIdleSeconds: number | undefined;
  readonly startGraceSeconds: number | undefined;
  readonly drainSeconds: number | undefined;
  readonly deployWithinSeconds: number | undefined;
  readonly scaling: { readonly min: string; readonly max: string; readonly target: string } | undefined;
  readonly permissions: readonly Permission[];
}

export interface DeclaredTask {
  readonly cpu: string;
  readonly memory: string;
  readonly processor: string;
  /** Image of the container that is the server, or the gateway. */
  readonly image: string;
  /** Arguments of the image. */
  readonly words: readonly string[];
  /** Where secrets come from, by the variable that they fill; without those that the fleet has made for itself. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Variables that are no secrets, without those of the fleet. */
  readonly environment: ReadonlyMap<string, string>;
  /** An npm package, with its version. */
  readonly npm: string | undefined;
  readonly localCommand: readonly string[];
  readonly healthCheck: string;
  /** All of it, as text: whatever else differs. */
  readonly whole: string;
}

/** One action that a role is allowed or denied. */
export interface Permission {
  readonly effect: 'Allow' | 'Deny';
  readonly action: string;
  readonly resource: string;
  /** As text; empty without. */
  readonly condition: string;
  /** Who, where it is no server and no gateway. */
  readonly role: string;
}

export interface DeclaredLedger {
  /** Logical id of the table. */
  readonly table: string;
  readonly keptWhenRemoved: boolean;
  readonly isProtected: boolean;
  readonly isRecoverable: boolean;
  /** Attribute after which rows go by themselves. */
  readonly expires: string;
  readonly key: string;
}

export interface DeclaredAlarm {
  readonly server: string | undefined;
  /** When it rises, as text. */
  readonly condition: string;
  /** Whom it tells. */
  readonly actions: string;
}
