import type { ChangeSetRequest, ExecutionOptions } from '../../cloudformation/stacks';
import { AwsError } from '../aws-error';
import type { QueryFields } from '../query-request';
import type { ObjectStore } from '../s3/object-store';
import { requireParameterValue, requireStackName, requireTags } from './limits';
import { TEMPLATE, templateOf } from './template-source';

/** What CreateChangeSet, CreateStack and UpdateStack take alike. */
export const DEPLOYMENT = [
  ...['StackName', ...TEMPLATE, 'UsePreviousTemplate', 'Parameters', 'Tags', 'Capabilities', 'NotificationARNs', 'RoleARN'],
  // Who may, and what is told to whom: without a meaning on one machine.
  ...['RollbackConfiguration', 'ClientRequestToken', 'ClientToken', 'IncludeNestedStacks', 'DeploymentConfig'],
];
const CAPABILITIES = ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'];

/** What a request says of a deployment, all of it within the quotas. */
export async function deploymentOf(
  request: QueryFields,
  kind: ChangeSetRequest['kind'],
  objects: ObjectStore,
): Promise<Omit<ChangeSetRequest, 'name'>> {
  const template = await templateOf(request, objects);
  if (template === undefined && request.flag('UsePreviousTemplate') !== true)
    throw new AwsError('ValidationError', 'Either Template URL or Template Body must be specified.');
  const description = request.text('Description');
  const roleArn = request.text('RoleARN');
  const imports = importsOf(request);
  return {
    stack: stackOf(request, kind),
    kind,
    parameters: parametersOf(request),
    tags: requireTags(request.structures('Tags').map((tag) => [tag.required('Key'), tag.text('Value') ?? ''])),
    capabilities: capabilitiesOf(request),
    ...(template !== undefined && { template }),
    ...(description !== undefined && { description }),
    ...(roleArn !== undefined && { roleArn }),
    notificationArns: request.list('NotificationARNs'),
    ...(request.flag('ImportExistingResources') === true && { importExisting: true }),
    ...(imports.length > 0 && { imports }),
  };
}

export function executionOf(request: QueryFields): ExecutionOptions {
  const clientToken = request.text('ClientRequestToken');
  // `EXPRESS` does not wait until a resource serves; here all of them are waited for.
  const disableRollback = request.flag('DisableRollback') ?? request.structure('DeploymentConfig').flag('DisableRollback');
  return { ...(clientToken !== undefined && { clientToken }), ...(disableRollback !== undefined && { disableRollback }) };
}

/** A stack that is new has a name; one that is there may go by its ARN. */
function stackOf(request: QueryFields, kind: ChangeSetRequest['kind']): string {
  const name = request.required('StackName');
  return kind === 'CREATE' ? requireStackName(name) : name;
}

function parametersOf(request: QueryFields): ChangeSetRequest['parameters'] {
  const given = request.structures('Parameters').map((parameter): [string, string | { readonly previous: true }] => {
    const key = parameter.required('ParameterKey');
    if (parameter.flag('UsePreviousValue') === true) return [key, { previous: true }];
    return [key, requireParameterValue(key, parameter.text('ParameterValue') ?? '')];
  });
  if (new Set(given.map(([key]) => key)).size < given.length) throw new AwsError('ValidationError', 'A parameter is given twice.');
  return Object.fromEntries(given);
}

function capabilitiesOf(request: QueryFields): readonly string[] {
  const capabilities = request.list('Capabilities');
  const strange = capabilities.find((capability) => !CAPABILITIES.includes(capability));
  if (strange === undefined) return capabilities;
  throw new AwsError('ValidationError', `"${strange}" is no capability; there are ${CAPABILITIES.join(', ')}.`);
}

function importsOf(request: QueryFields): NonNullable<ChangeSetRequest['imports']> {
  return request.structures('ResourcesToImport').map((resource) => ({
    logicalId: resource.required('LogicalResourceId'),
    type: resource.required('ResourceType'),
    identifier: resource.map('ResourceIdentifier'),
  }));
}
