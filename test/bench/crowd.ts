/** Who makes the calls of a load, and to whom. */
export interface Crowd {
  readonly agents: number;
  /** Tools that each may use. */
  readonly tools: number;
  /** Servers that the sessions are spread over. */
  readonly servers: number;
}

/** Where a load says nothing else. */
export const USUAL: Crowd = { agents: 8, tools: 2, servers: 1 };

/** As many as any load asks for; a gateway knows them all. */
export const MOST_SERVERS = 100;

/** By it sessions of one crowd are kept apart from those of others. */
export function crowdName({ agents, tools, servers }: Crowd): string {
  return `${agents} agents, ${tools} tools, ${servers} servers`;
}
