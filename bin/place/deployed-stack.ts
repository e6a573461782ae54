import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { type FleetPlace, PLACE_DESCRIPTION } from '../../core/fleet-place';
import type { CloudFormationTemplate } from '../../local/local-account';
import { parseTemplateText } from '../../local/template/template-text';
import { CommandError, EXIT } from '../exit';

/** A stack as CloudFormation tells of it. */
export interface DeployedStack {
  readonly name: string;
  /** What it says of its fleets. */
  readonly places: readonly FleetPlace[];
  /** Asked for once. */
  readonly template: () => Promise<CloudFormationTemplate>;
  /** Physical ids by logical id; asked for once. */
  readonly physicalIds: () => Promise<ReadonlyMap<string, string>>;
}

/** @throws CommandError where there is no such stack, or no credentials for it */
export async function deployedStack(name: string): Promise<DeployedStack> {
  const client = new CloudFormationClient({});
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name })).catch((error: Error) => {
    throw unread(name, error);
  });
  const own = (stack?.Outputs ?? []).filter(({ Description }) => Description === PLACE_DESCRIPTION);
  return {
    name,
    places: own.map(({ OutputValue = '{}' }) => JSON.parse(OutputValue) as FleetPlace),
    template: once(async () => {
      const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName: name }));
      return parseTemplateText(TemplateBody) as unknown as CloudFormationTemplate;
    }),
    physicalIds: once(async () => {
      const ids = new Map<string, string>();
      for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName: name }))
        for (const { LogicalResourceId = '', PhysicalResourceId = '' } of StackResourceSummaries)
          ids.set(LogicalResourceId, PhysicalResourceId);
      return ids;
    }),
  };
}

function unread(stack: string, error: Error): Error {
  // Of the environment, and said as such.
  if (!('$metadata' in error)) return error;
  const isMissing = error.name === 'ValidationError' && error.message.includes('does not exist');
  const fix = isMissing
    ? '--region and --profile say where it is, and whose; AWS_REGION and AWS_PROFILE do, too'
    : 'fleet.grantOperate(role) lets a role do it; --profile, or the environment, says which role';
  return new CommandError(EXIT.ENVIRONMENT, `The stack "${stack}" cannot be read: ${error.name}: ${error.message}`, fix);
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => (begun ??= work());
}
