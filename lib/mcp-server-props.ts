import type { IMcpFleet } from './fleet-site';
import type { AddServerProps } from './server-props';

/** A server that says itself in which fleet it is: in a stack of its team. */
export interface McpServerProps extends AddServerProps {
  /** Of this app, in whatever stack it is; or one that another app has deployed, `McpFleet.fromAttributes(…)`. */
  readonly fleet: IMcpFleet;
  /**
   * First path segment of the server's URL: 1 to 31 characters a-z, 0-9 and -, a letter first; once in a fleet.
   * @default - the construct's id in lower case
   */
  readonly serverName?: string;
}
