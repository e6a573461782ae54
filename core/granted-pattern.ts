import { ambiguityOf } from './resource-uri';
import { isToolName, TOOL_NAME_LIMIT_BYTES } from './tool-name';

/** What a pattern of a grant must be, where it is not; undefined where it is. One of resources must be able to cover a URI. */
export function patternProblem(kind: 'resource' | 'prompt', pattern: unknown): string | undefined {
  if (!isToolName(pattern)) return `1 to ${TOOL_NAME_LIMIT_BYTES} bytes of well-formed text`;
  if (kind === 'prompt' || pattern === '*') return undefined;
  const ambiguity = ambiguityOf(pattern.replaceAll('*', 'x'));
  return ambiguity === undefined ? undefined : `a URI that all read alike, with "*" for any characters (${ambiguity})`;
}
