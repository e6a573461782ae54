import { type GenerateSecretString, generateSecret } from '../secrets/generate';
import { arnSuffix } from '../secrets/secret-store';
import { arn, attributes, type Provisioner } from './provisioner';

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
  create: async ({ properties, stack, generatedName, path }, { secrets }) => {
    const name = properties.Name ?? generatedName;
    const id = arn(stack, 'secretsmanager', `secret:${name}-${arnSuffix(path)}`);
    const { arn: ref } = secrets.create(
      id,
      name,
      path,
      () => properties.SecretString ?? generateSecret(properties.GenerateSecretString ?? {}),
    );
    return { ref, attribute: attributes({ Id: ref }) };
  },
};
