import type { ServerName } from './requirement-sets';

/** What the suites are pointed at. */
export interface Target {
  /** MCP endpoint of a server. */
  url(server: ServerName): string;
  /** Environment variables with which our client takes the same way. */
  readonly clientEnvironment: Readonly<Record<string, string>>;
  /** Processes that have ended since the start, though nobody asked them to; a suite may not notice one that is replaced. */
  died(): Promise<readonly string[]>;
  stop(): Promise<void>;
}
