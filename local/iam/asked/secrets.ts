import type { SecretStore } from '../../secrets/secret-store';
import type { Call } from '../iam';
import { arnIn, fieldsOf, operationOf, type SignedRequest } from './request';

/** Operations that are about no one secret. */
const ON_ALL = ['ListSecrets', 'GetRandomPassword', 'BatchGetSecretValue'];

export function askedOfSecrets(signed: SignedRequest, secrets: Pick<SecretStore, 'find'>): readonly Call[] {
  const operation = operationOf(signed);
  const { SecretId, VersionStage, VersionId } = fieldsOf(signed);
  const action = `secretsmanager:${operation}`;
  if (ON_ALL.includes(operation)) return [{ action, resource: '*' }];
  const id = String(SecretId);
  // One that is not there is asked for by the name that it would have.
  const resource = secrets.find(id)?.arn ?? (id.startsWith('arn:') ? id : arnIn('secretsmanager', `secret:${id}`, signed));
  const context = {
    'secretsmanager:SecretId': id,
    ...(operation === 'GetSecretValue' && VersionId === undefined && { 'secretsmanager:VersionStage': 'AWSCURRENT' }),
    ...(typeof VersionStage === 'string' && { 'secretsmanager:VersionStage': VersionStage }),
    ...(typeof VersionId === 'string' && { 'secretsmanager:VersionId': VersionId }),
  };
  return [{ action, resource, context }];
}
