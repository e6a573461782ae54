import { isStateful } from '../local/cloudformation/replacements';
import { resourceChanges } from '../local/cloudformation/resource-changes';
import type { ResourceChange } from '../local/cloudformation/stacks';
import type { NamedTemplate } from './declared';
import { pathOf } from './symbolic';

/** What CloudFormation will do with one stack, as far as its two templates tell. */
export interface StackDeployment {
  readonly stack: string;
  readonly added: number;
  /** Changed in place. */
  readonly changed: number;
  readonly replaced: readonly TouchedResource[];
  /** Replaced, unless AWS finds that it need not be. */
  readonly mayBeReplaced: readonly TouchedResource[];
  readonly removed: readonly TouchedResource[];
}

export interface TouchedResource {
  /** Construct path; the logical id where the template tells none. */
  readonly name: string;
  readonly type: string;
  /** It holds data: a new one in its place is empty. */
  readonly stateful: boolean;
  /** What it was stays in the account, outside the stack. */
  readonly kept: boolean;
}

/** Of each stack to which anything is done; a stack on one side only is all added, or all removed. */
export function deploymentsOf(before: readonly NamedTemplate[], after: readonly NamedTemplate[]): readonly StackDeployment[] {
  const empty: NamedTemplate['template'] = { Resources: {} };
  const templateOf = (stacks: readonly NamedTemplate[], stack: string) => stacks.find(({ name }) => name === stack)?.template ?? empty;
  const names = new Set([...after, ...before].map(({ name }) => name));
  return [...names].map((stack) => deploymentOf(stack, templateOf(before, stack), templateOf(after, stack))).filter(isAny);
}

function deploymentOf(stack: string, before: NamedTemplate['template'], after: NamedTemplate['template']): StackDeployment {
  // CDK's own, which stands for no resource, and what only people and CDK read.
  const changes = resourceChanges(before, after, () => undefined).filter(
    ({ type, action, details }) =>
      type !== 'AWS::CDK::Metadata' && (action !== 'Modify' || details.some(({ attribute }) => attribute !== 'Metadata')),
  );
  const touched = (which: (change: ResourceChange) => boolean): readonly TouchedResource[] =>
    changes
      .filter(which)
      .map(({ logicalId, type, policyAction }) => ({
        name: pathOf((before.Resources[logicalId] ?? after.Resources[logicalId])?.Metadata) ?? logicalId,
        type,
        stateful: isStateful(type),
        kept: policyAction?.endsWith('Retain') ?? false,
      }))
      .sort((one, other) => Number(other.stateful) - Number(one.stateful));
  const replacing = (how: ResourceChange['replacement']) => (change: ResourceChange) =>
    change.action === 'Modify' && change.replacement === how;
  return {
    stack,
    added: touched(({ action }) => action === 'Add').length,
    changed: touched(replacing('False')).length,
    replaced: touched(replacing('True')),
    mayBeReplaced: touched(replacing('Conditional')),
    removed: touched(({ action }) => action === 'Remove'),
  };
}

function isAny({ added, changed, replaced, mayBeReplaced, removed }: StackDeployment): boolean {
  return added + changed + replaced.length + mayBeReplaced.length + removed.length > 0;
}
