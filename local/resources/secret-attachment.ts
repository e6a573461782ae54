import type { Provisioner } from './provisioner';

/** AWS::SecretsManager::SecretTargetAttachment: the secret of a database, by another name. */
export const secretAttachment: Provisioner<{ readonly SecretId: string }> = {
  phase: 'secrets',
  noun: ['attachment', 'attachments'],
  honours: ['SecretId'],
  // AWS adds the database's address to the secret; no database runs here.
  ignores: ['TargetId', 'TargetType'],
  create: async ({ properties }) => ({ ref: properties.SecretId, attribute: (name) => (name === 'Id' ? properties.SecretId : undefined) }),
  delete: async () => {},
};
