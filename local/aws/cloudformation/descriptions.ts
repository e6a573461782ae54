import type { ChangeSet, ResourceChange, StackDescription, StackEvent, StackResource } from '../../cloudformation/stacks';
import type { XmlContent } from '../xml';

/** What is said of stacks and what belongs to them, in the words of the API's answers. */

export function describeStack(stack: StackDescription): XmlContent {
  return {
    ...outline(stack),
    ChangeSetId: stack.changeSetId,
    Description: stack.description,
    Parameters: keysAndValues(stack.parameters, 'ParameterKey', 'ParameterValue'),
    RollbackConfiguration: {},
    DisableRollback: stack.disableRollback,
    NotificationARNs: stack.notificationArns ?? [],
    Capabilities: stack.capabilities,
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      Description: description,
      ExportName: exportName,
    })),
    RoleARN: stack.roleArn,
    Tags: keysAndValues(stack.tags, 'Key', 'Value'),
    EnableTerminationProtection: stack.terminationProtection,
  };
}

export function summarizeStack(stack: StackDescription): XmlContent {
  return { ...outline(stack), TemplateDescription: stack.description };
}

function outline(stack: StackDescription): Readonly<Record<string, XmlContent>> {
  return {
    StackId: stack.id,
    StackName: stack.name,
    CreationTime: stack.createdAt,
    LastUpdatedTime: stack.updatedAt,
    DeletionTime: stack.deletedAt,
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    ParentId: stack.parentId,
    RootId: stack.rootId,
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

export function describeEvent(event: StackEvent): XmlContent {
  return {
    StackId: event.stackId,
    EventId: event.id,
    StackName: event.stackName,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: event.at,
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    ClientRequestToken: event.clientToken,
    OperationId: event.operationId,
  };
}

/** Of a resource in DescribeStackResources. */
export function describeResource(resource: StackResource, { id, name }: StackDescription): XmlContent {
  return { StackName: name, StackId: id, ...common(resource), Timestamp: resource.at };
}

/** Of a resource in ListStackResources and DescribeStackResource. */
export function summarizeResource(resource: StackResource): Readonly<Record<string, XmlContent>> {
  return { ...common(resource), LastUpdatedTimestamp: resource.at };
}

function common({ logicalId, physicalId, type, status, reason }: StackResource): Readonly<Record<string, XmlContent>> {
  return {
    LogicalResourceId: logicalId,
    PhysicalResourceId: physicalId,
    ResourceType: type,
    ResourceStatus: status,
    ResourceStatusReason: reason,
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

/** Of a change set, without its changes. */
export function describeChangeSet(changeSet: ChangeSet): Readonly<Record<string, XmlContent>> {
  return {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.id,
    StackId: changeSet.stackId,
    StackName: changeSet.stackName,
    Description: changeSet.description,
    CreationTime: changeSet.createdAt,
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    IncludeNestedStacks: false,
  };
}

export function describeChange(change: ResourceChange): XmlContent {
  const { action, logicalId, physicalId, type, replacement, policyAction, details } = change;
  const scope = [...new Set(details.map(({ attribute }) => attribute))];
  return {
    Type: 'Resource',
    ResourceChange: {
      PolicyAction: policyAction,
      Action: action,
      LogicalResourceId: logicalId,
      PhysicalResourceId: physicalId,
      ResourceType: type,
      Replacement: action === 'Modify' ? (replacement ?? 'False') : undefined,
      Scope: scope,
      Details: details.map(({ property, attribute, recreation, cause }) => ({
        Target: { Attribute: attribute, Name: property, RequiresRecreation: recreation },
        Evaluation: replacement === 'Conditional' ? 'Dynamic' : 'Static',
        ChangeSource: sourceOf(cause),
        CausingEntity: cause,
      })),
    },
  };
}

/** `Logical.Attribute` is one of another resource, a name alone what `Ref` gives of it. */
function sourceOf(cause: string | undefined): string {
  if (cause === undefined) return 'DirectModification';
  return cause.includes('.') ? 'ResourceAttribute' : 'ResourceReference';
}

export function keysAndValues(pairs: Readonly<Record<string, string>>, key: string, value: string): readonly XmlContent[] {
  return Object.entries(pairs).map(([each, text]) => ({ [key]: each, [value]: text }));
}
