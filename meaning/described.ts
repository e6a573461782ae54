import type { Template } from '../local/assembly/template';
import { type Members, membersOf } from './told';

/** Key of a template's Metadata under which fleets describe themselves, and servers that stand in fleets of other stacks. */
const METADATA = 'cdk-mcp-fleet';

/** What a template says of its fleets. */
export interface Description {
  /** Facts by the fleets' names. */
  readonly fleets: Members | undefined;
  /** Facts of servers, by the names of their fleets and their own. */
  readonly servers: Members | undefined;
}

export function isDescribed({ Metadata }: Template): boolean {
  return Metadata?.[METADATA] !== undefined;
}

/** Undefined where there is nothing, or nothing that this version can read. */
export function described({ Metadata }: Template): Description | undefined {
  const { fleets, servers } = membersOf(Metadata?.[METADATA]) ?? {};
  const told = { fleets: membersOf(fleets), servers: membersOf(servers) };
  return told.fleets === undefined && told.servers === undefined ? undefined : told;
}
