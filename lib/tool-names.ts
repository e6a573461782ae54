import { isToolName, TOOL_NAME_LIMIT_BYTES } from '../core/tool-name';
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

/** A tool as the property of an object literal is written. */
export function asProperty(tool: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(tool) ? tool : JSON.stringify(tool);
}
