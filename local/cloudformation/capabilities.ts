import type { Template } from '../assembly/template';
import { CloudFormationError } from './stacks';

/** Types that give permissions, and the property by which one has a name of the template's own ("Acknowledging IAM resources"). */
const NAMES: Readonly<Record<string, string>> = {
  'AWS::IAM::Group': 'GroupName',
  'AWS::IAM::InstanceProfile': 'InstanceProfileName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::User': 'UserName',
};
const NAMELESS = ['AWS::IAM::AccessKey', 'AWS::IAM::Policy', 'AWS::IAM::UserToGroupAddition'];

/** @throws CloudFormationError for a template that gives permissions, or has a macro, when its caller has not said so */
export function requireCapabilities({ Resources, ...template }: Template, given: readonly string[]): void {
  const resources = Object.values(Resources);
  const named = resources.some(({ Type, Properties }) => Object.hasOwn(Properties ?? {}, NAMES[Type] ?? ''));
  const permits = resources.some(({ Type }) => Object.hasOwn(NAMES, Type) || NAMELESS.includes(Type));
  const missing = [
    ...(named && !given.includes('CAPABILITY_NAMED_IAM') ? ['CAPABILITY_NAMED_IAM'] : []),
    ...(permits && !named && !given.some((capability) => capability.endsWith('_IAM')) ? ['CAPABILITY_IAM'] : []),
    ...('Transform' in template && !given.includes('CAPABILITY_AUTO_EXPAND') ? ['CAPABILITY_AUTO_EXPAND'] : []),
  ];
  if (missing.length > 0)
    throw new CloudFormationError('InsufficientCapabilitiesException', `Requires capabilities : [${missing.join(', ')}]`);
}
