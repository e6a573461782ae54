import { having, memberProblems, optional, type Shape, text } from './kinds';
import type { McpServerProps } from './mcp-server-props';
import type { Problem } from './problems';
import { serverNameProblems } from './server-problems';
import { ADD_SERVER } from './server-shape';

const MCP_SERVER: Shape<McpServerProps> = {
  ...ADD_SERVER,
  fleet: having('_site', 'a fleet', 'Write McpFleet.fromAttributes(…), or hand in the McpFleet of this app.'),
  serverName: optional(text('Choose a short word: it is a path segment of the URL.')),
};

/** What is wrong with a server that says itself in which fleet it is, before anything is read of it. */
export function listedServerProblems(id: string, props: McpServerProps): Problem[] {
  const unreadable = memberProblems('props', props, MCP_SERVER, '');
  if (unreadable.length > 0) return unreadable;
  const name = serverNameOf(id, props);
  const problems = serverNameProblems(name);
  return problems.length > 0 ? problems : props.fleet._site.serverProblems(name, props);
}

export function serverNameOf(id: string, { serverName }: McpServerProps): string {
  return serverName ?? id.toLowerCase();
}
