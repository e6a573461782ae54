import { type Members, readMembers, writeMembers } from './json-members';
import { dropLikes } from './reading/folding';

/** Methods by which a server introduces itself: MCP until 2025-11-25, and since 2026-07-28. */
export const INTRODUCING: ReadonlySet<string> = new Set(['initialize', 'server/discover']);

/** Members of the result that programs read, and no agent. */
const FOR_PROGRAMS: ReadonlySet<string> = new Set([
  'protocolVersion',
  'supportedVersions',
  'capabilities',
  'resultType',
  'ttlMs',
  'cacheScope',
  '_meta',
]);
/** Member of `_meta` that says since 2026-07-28 what `serverInfo` did. */
const INFO_META = 'io.modelcontextprotocol/serverInfo';
const INFO = new Set([INFO_META]);
/** A version that says nothing else. */
const PLAIN_VERSION = /^"[\w.+-]{1,40}"$/;

/**
 * All that a server says of itself: `instructions`, `serverInfo` and what nobody knows. Its plain version number, which comes with every
 * release, is none of it.
 * @param result members of the answer to `initialize` or `server/discover`, without words that are ours
 * @returns JSON text, the same in both eras; undefined where it says nothing
 */
export function introductionIn(result: Members): string | undefined {
  const said = new Map([...result].filter(([name]) => !FOR_PROGRAMS.has(name)));
  const info = said.get('serverInfo');
  if (info !== undefined) said.set('serverInfo', withoutVersion(info));
  const inMeta = metaOf(result).get(INFO_META);
  if (inMeta !== undefined) said.set(info === undefined ? 'serverInfo' : INFO_META, withoutVersion(inMeta));
  return said.size === 0 ? undefined : writeMembers(said);
}

/** The result of a server that says nothing of itself but which one it is. @param server its name in construct code */
export function withoutIntroduction(result: Members, server: string): string {
  const kept = new Map([...result].filter(([name]) => FOR_PROGRAMS.has(name)));
  const info = result.get('serverInfo');
  if (info !== undefined) kept.set('serverInfo', bareInfo(info, server));
  const meta = metaOf(result);
  const inMeta = meta.get(INFO_META);
  if (inMeta !== undefined) meta.set(INFO_META, bareInfo(inMeta, server));
  return writeMembers(meta.size === 0 ? kept : kept.set('_meta', writeMembers(meta)));
}

/** The result as the server has it, but for names in `_meta` that a parser which takes no notice of case could take for its `serverInfo`. */
export function withIntroduction(result: Members): string {
  const meta = metaOf(result);
  return writeMembers(meta.size === 0 ? result : new Map(result).set('_meta', writeMembers(meta)));
}

function metaOf(result: Members): Map<string, string> {
  return dropLikes(readMembers(result.get('_meta')), INFO);
}

function withoutVersion(info: string): string {
  const members = readMembers(info);
  if (!PLAIN_VERSION.test(members.get('version') ?? '')) return info;
  members.delete('version');
  return writeMembers(members);
}

/** Clients want both members (MCP, Implementation). */
function bareInfo(info: string, server: string): string {
  const version = readMembers(info).get('version') ?? '';
  return `{"name":${JSON.stringify(server)},"version":${PLAIN_VERSION.test(version) ? version : '"0"'}}`;
}
