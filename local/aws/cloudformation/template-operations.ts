import { identifierOf } from '../../cloudformation/replacements';
import type { Stacks } from '../../cloudformation/stacks';
import { AwsError } from '../aws-error';
import type { QueryFields } from '../query-request';
import type { QueryOperations } from '../query-service';
import type { ObjectStore } from '../s3/object-store';
import type { XmlContent } from '../xml';
import { findChangeSet, knownStack } from './known';
import { readTemplate, type Template } from './limits';
import { TEMPLATE, templateOf } from './template-source';

const NAMED = /^AWS::IAM::(Role|User|Group|ManagedPolicy|InstanceProfile)$/;

export function templateOperations(stacks: Stacks, objects: ObjectStore): QueryOperations {
  const textOf = async (request: QueryFields): Promise<string> => {
    const given = await templateOf(request, objects);
    if (given !== undefined) return given;
    return stacks.template(knownStack(stacks, request.required('StackName')).id);
  };
  return {
    GetTemplate: {
      takes: ['StackName', 'ChangeSetName', 'TemplateStage'],
      answer: (request) => {
        const changeSet = request.text('ChangeSetName') === undefined ? undefined : findChangeSet(stacks, request);
        if (changeSet !== undefined)
          throw new AwsError('ValidationError', 'The local account keeps the template of a stack, not of a change set.');
        const text = stacks.template(knownStack(stacks, request.required('StackName')).id);
        return { TemplateBody: text, StagesAvailable: ['Original', 'Processed'] };
      },
    },
    GetTemplateSummary: {
      takes: [...TEMPLATE, 'StackName', 'TemplateSummaryConfig'],
      answer: async (request) => {
        const template = readTemplate(await textOf(request));
        const types = typesOf(template);
        return {
          ...describe(template),
          ResourceTypes: types,
          Version: textIn(template.AWSTemplateFormatVersion),
          Metadata: template.Metadata === undefined ? undefined : JSON.stringify(template.Metadata),
          ResourceIdentifierSummaries: types.map((type) => ({
            ResourceType: type,
            LogicalResourceIds: Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type === type),
            ResourceIdentifiers: identifierOf(type),
          })),
        };
      },
    },
    ValidateTemplate: {
      takes: TEMPLATE,
      answer: async (request) => {
        const text = await templateOf(request, objects);
        if (text === undefined) throw new AwsError('ValidationError', 'Either Template URL or Template Body must be specified.');
        return describe(readTemplate(text));
      },
    },
  };
}

/** What both tell of a template. */
function describe(template: Template): Readonly<Record<string, XmlContent>> {
  const capabilities = capabilitiesOf(template);
  return {
    Description: textIn(template.Description),
    Capabilities: capabilities,
    ...(capabilities.length > 0 && { CapabilitiesReason: 'The following resource(s) require capabilities: IAM resources or transforms' }),
    DeclaredTransforms: [template.Transform ?? []].flat().map(String),
    Parameters: Object.entries(template.Parameters ?? {}).map(([key, parameter]) => ({
      ParameterKey: key,
      ParameterType: textIn(parameter.Type),
      DefaultValue: textIn(parameter.Default),
      NoEcho: String(parameter.NoEcho) === 'true',
      Description: textIn(parameter.Description),
      ParameterConstraints: { AllowedValues: [parameter.AllowedValues ?? []].flat().map(String) },
    })),
  };
}

function capabilitiesOf({ Resources, Transform }: Template): readonly string[] {
  const iam = Object.values(Resources).filter(({ Type }) => String(Type).startsWith('AWS::IAM::'));
  const isNamed = iam.some((resource) => NAMED.test(String(resource.Type)) && hasName(resource));
  return [
    ...(iam.length === 0 ? [] : [isNamed ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM']),
    ...(Transform === undefined ? [] : ['CAPABILITY_AUTO_EXPAND']),
  ];
}

function hasName(resource: { readonly Type?: unknown; readonly Properties?: unknown }): boolean {
  const kind = String(resource.Type).split('::')[2];
  return typeof resource.Properties === 'object' && resource.Properties !== null && `${kind}Name` in resource.Properties;
}

function typesOf({ Resources }: Template): readonly string[] {
  return [...new Set(Object.values(Resources).map(({ Type }) => String(Type)))];
}

function textIn(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
