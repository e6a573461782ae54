import { parseTemplate } from '../assembly/template';
import type { Stacks } from '../cloudformation/stacks';

/**
 * Whether a stack has a resource of that name. Where nothing runs behind it, it is all the same changed as its stack would change
 * it: by nothing that anybody could see. A deployment that is about other resources, too, goes on.
 * @param id physical id, or a name that the template itself gives
 */
export function isNamed(stacks: Stacks, type: string, id: string): boolean {
  return stacks.list().some((stack) => {
    if (stack.status === 'DELETE_COMPLETE' || stack.status === 'REVIEW_IN_PROGRESS') return false;
    if (stacks.resources(stack.id).some((resource) => resource.type === type && resource.physicalId === id)) return true;
    const { Resources } = parseTemplate(stacks.template(stack.id));
    return Object.values(Resources).some(({ Type, Properties = {} }) => Type === type && Object.values(Properties).includes(id));
  });
}

/** Whether there is a resource, of a type of CloudFormation, that is nothing but a name here; asked of what does not run. */
export type IsNameOnly = (type: string, id: string) => boolean;
