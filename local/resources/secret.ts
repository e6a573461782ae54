import { type GenerateSecretString, generateSecret } from '../secrets/generate';
import { arnSuffix } from '../secrets/secret-store';
import { arn, attributes, type Created, type Provisioner } from './provisioner';

/** AWS::SecretsManager::Secret, as far as it is read. */
interface SecretProperties {
  readonly Name?: string;
  readonly SecretString?: string;
  readonly GenerateSecretString?: GenerateSecretString;
}

export const secret: Provisioner<SecretProperties> = {
  phase: 'secrets',
  noun: ['secret', 'secrets'],
  honours: ['Name', 'SecretString', 'GenerateSecretString'],
  ignores: ['KmsKeyId', 'ReplicaRegions', 'Type'],
  survives: true,
  create: async ({ properties, stack, generatedName, identity, path }, { secrets }) => {
    const name = properties.Name ?? generatedName;
    const id = arn(stack, 'secretsmanager', `secret:${name}-${arnSuffix(identity)}`);
    const { arn: ref } = secrets.create(id, name, path, () => textOf(properties));
    return describe(ref);
  },
  // A new generator generates anew (CloudFormation, AWS::SecretsManager::Secret, GenerateSecretString).
  update: async ({ properties }, { ref, properties: before }, { secrets }) => {
    const says = (of: SecretProperties): string => JSON.stringify([of.SecretString, of.GenerateSecretString]);
    if (says(properties) !== says(before)) secrets.put(ref, textOf(properties));
    return describe(ref);
  },
  delete: async ({ ref }, { secrets }) => secrets.delete(ref),
};

function textOf({ SecretString, GenerateSecretString = {} }: SecretProperties): string {
  return SecretString ?? generateSecret(GenerateSecretString);
}

function describe(ref: string): Created {
  return { ref, attribute: attributes({ Id: ref }) };
}
