import { patternProblem } from '../core/granted-pattern';
import { fitsGrant, GRANT_LIMIT_BYTES, GRANT_LIMIT_NAMES, isToolName, TOOL_NAME_LIMIT_BYTES } from '../core/tool-name';
import type { Problem } from './problems';
import type { CallDenialProps } from './server-props';

const NAME = `1 to ${TOOL_NAME_LIMIT_BYTES} bytes of well-formed text`;
const TOO_MANY = "It is one row of the allowlist: write ['*'].";

/** What is wrong with the names and patterns of a grant, or of a denial. */
export function grantedNameProblems(what: string, { tools = [], resources = [], prompts = [] }: CallDenialProps): Problem[] {
  const names = [...tools, ...resources, ...prompts];
  if (names.length === 0) {
    const fix = "Name the tools, resources and prompts, or ['*'] for all of a kind.";
    return [{ what, got: [], allowed: 'at least one tool, resource or prompt', fix }];
  }
  if (!fitsGrant(names)) {
    const allowed = `at most ${GRANT_LIMIT_NAMES} names of ${GRANT_LIMIT_BYTES} bytes in all`;
    return [{ what, got: `${names.length} names`, allowed, fix: TOO_MANY }];
  }
  return [
    ...nameProblems(what, 'tools', tools, (name) => (isToolName(name) ? undefined : NAME)),
    ...nameProblems(what, 'resources', resources, (pattern) => patternProblem('resource', pattern)),
    ...nameProblems(what, 'prompts', prompts, (pattern) => patternProblem('prompt', pattern)),
  ];
}

/** @param problem says what is allowed instead */
function nameProblems(of: string, kind: string, names: readonly string[], problem: (name: string) => string | undefined): Problem[] {
  const what = `${of} ${kind}`;
  if (names.includes('*')) {
    if (names.length === 1) return [];
    return [{ what, got: names, allowed: `names of ${kind}, or '*' alone`, fix: "'*' covers the others: leave them out." }];
  }
  return names.flatMap((got) => {
    const allowed = problem(got);
    return allowed === undefined ? [] : [{ what, got, allowed, fix: 'Write it as the server lists it.' }];
  });
}
