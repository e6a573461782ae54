import { arn, attributes, type Provisioner } from './provisioner';

/** Repository and parameter of the stack that `cdk bootstrap` makes: where the CDK command line publishes assets. */

export const repository: Provisioner<{ readonly RepositoryName?: string; readonly ImageTagMutability?: string }> = {
  phase: 'tables',
  noun: ['repository', 'repositories'],
  honours: ['RepositoryName', 'ImageTagMutability'],
  ignores: ['*'],
  survives: true,
  create: async ({ properties, stack, generatedName }, { publishing: { repositories } }) => {
    const name = properties.RepositoryName ?? generatedName.toLowerCase();
    if (repositories.find(name) === undefined) repositories.create(name, { mutable: properties.ImageTagMutability !== 'IMMUTABLE' });
    return {
      ref: name,
      attribute: attributes({ Arn: arn(stack, 'ecr', `repository/${name}`), RepositoryUri: repositories.uri(name) }),
    };
  },
  update: async ({ stack }, { ref }, { publishing: { repositories } }) => ({
    ref,
    attribute: attributes({ Arn: arn(stack, 'ecr', `repository/${ref}`), RepositoryUri: repositories.uri(ref) }),
  }),
  delete: async ({ ref }, { publishing: { repositories } }) => repositories.delete(ref),
};

export const parameter: Provisioner<{ readonly Name?: string; readonly Value: string; readonly Type: string }> = {
  phase: 'tables',
  noun: ['parameter', 'parameters'],
  honours: ['Name', 'Value', 'Type'],
  ignores: ['*'],
  survives: true,
  create: async ({ properties, generatedName }, { publishing: { parameters } }) => {
    const { Name: name = generatedName, Value } = properties;
    parameters.put(name, String(Value));
    return { ref: name, attribute: attributes({ Value, Type: properties.Type }) };
  },
  update: async ({ properties: { Value, Type } }, { ref }, { publishing: { parameters } }) => {
    parameters.put(ref, String(Value));
    return { ref, attribute: attributes({ Value, Type }) };
  },
  delete: async ({ ref }, { publishing: { parameters } }) => parameters.delete(ref),
};
