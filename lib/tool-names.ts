import { fitsGrant, GRANT_LIMIT_BYTES, GRANT_LIMIT_TOOLS, isToolName, TOOL_NAME_LIMIT_BYTES } from '../core/tool-name';
import { LOST_MEMBER, type Problem } from './problems';

const ALLOWED = `1 to ${TOOL_NAME_LIMIT_BYTES} bytes of well-formed text`;
const FIX = 'Write the name as the server lists it.';

/** What is wrong with the names of tools that are declared one by one. */
export function declaredToolProblems(tools: readonly string[]): Problem[] {
  return tools.flatMap((got) => {
    if (got === '*') {
      const fix = 'It stands for all tools in grants only: declare each. What is not declared is taken for state-changing.';
      return [{ what: 'tools', got, allowed: 'names of tools', fix }];
    }
    if (isToolName(got) && got !== LOST_MEMBER) return [];
    return [{ what: 'tools', got, allowed: `${ALLOWED}, and not ${LOST_MEMBER}`, fix: FIX }];
  });
}

/** What is wrong with the names of tools in a grant. */
export function grantedToolProblems(tools: readonly string[]): Problem[] {
  if (tools.length === 0) {
    return [{ what: 'grant tools', got: [], allowed: 'at least one tool', fix: "Name the tools, or ['*'] for all of them." }];
  }
  if (tools.includes('*')) {
    if (tools.length === 1) return [];
    return [{ what: 'grant tools', got: tools, allowed: "names of tools, or '*' alone", fix: "'*' covers the others: leave them out." }];
  }
  if (!fitsGrant(tools)) {
    const allowed = `at most ${GRANT_LIMIT_TOOLS} names of ${GRANT_LIMIT_BYTES} bytes in all`;
    return [{ what: 'grant tools', got: `${tools.length} names`, allowed, fix: "A grant is one row of the allowlist: grant ['*']." }];
  }
  return tools.filter((tool) => !isToolName(tool)).map((got) => ({ what: 'grant tools', got, allowed: ALLOWED, fix: FIX }));
}

/** A tool as the property of an object literal is written. */
export function asProperty(tool: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(tool) ? tool : JSON.stringify(tool);
}
