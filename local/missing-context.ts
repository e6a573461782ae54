import { unsupported } from './account-error';
import type { CloudAssembly } from './assembly/cloud-assembly';
import type { Plan } from './plan';
import { readProperties } from './resources/provisioner';
import { provisionerOf } from './resources/registry';

/**
 * What the app asked of an AWS account at synth, and nobody told it, stands in its templates as a dummy. Zones and networks mean
 * nothing here; a dummy that a running program would be given is refused.
 */
export function requireContext({ runs }: Plan, { stacks, missing }: CloudAssembly): void {
  const dummies = missing.filter(({ props }) => typeof props.dummyValue === 'string');
  const problems = stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources).flatMap(([logicalId, resource]) => {
      const provisioner = runs({ stack: stack.name, logicalId }) ? provisionerOf(resource.Type) : undefined;
      if (!provisioner) return [];
      const text = JSON.stringify(readProperties(provisioner, resource));
      return dummies
        .filter(({ props }) => text.includes(JSON.stringify(props.dummyValue).slice(1, -1)))
        .map(({ key }) => `${stack.name}/${logicalId} is given a dummy for "${key}", which was not looked up; ${FIX} '${key}=VALUE'`);
    }),
  );
  if (problems.length > 0) throw unsupported([...new Set(problems)]);
}

const FIX = 'synthesize once with credentials, which writes cdk.context.json, or give the value: --context';
