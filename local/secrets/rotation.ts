import { randomUUID } from 'node:crypto';
import { LocalAccountError } from '../account-error';
import type { Functions } from '../lambda/lambda-api';
import type { LocalFunction } from '../lambda/local-function';
import type { SecretStore, StoredSecret } from './secret-store';

/** The steps in which Secrets Manager asks a rotation function ("Lambda functions for rotation"). */
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/**
 * Rotates a secret by the function of its schedule, and waits for it; in AWS it goes on behind the answer.
 * @throws LocalAccountError where there is no such secret or function, or a step fails: the present version stays
 */
export async function rotateSecret(id: string, store: SecretStore, functions: Functions): Promise<StoredSecret> {
  const secret = store.find(id);
  if (secret === undefined) throw refused(`There is no secret ${id} here.`);
  const rotator = functions.find(store.rotatorOf(secret.arn) ?? '');
  if (rotator === undefined) throw refused(`The secret ${secret.name} has no rotation function: its stack declares no rotation for it.`);
  const refusal = rotationRefusal(secret.arn, rotator, functions);
  if (refusal !== undefined) throw refused(refusal);
  const ClientRequestToken = randomUUID();
  store.begin(secret.arn, ClientRequestToken);
  for (const Step of STEPS) {
    const result = await rotator.invoke(JSON.stringify({ Step, SecretId: secret.arn, ClientRequestToken }));
    if (result.error) throw refused(`The rotation of ${secret.name} failed in ${Step}: ${result.payload.slice(0, 500)}`);
  }
  return store.find(secret.arn) as StoredSecret;
}

/** Why Secrets Manager may not invoke a function for a secret, in words. @param secret ARN */
export function rotationRefusal(secret: string, rotator: LocalFunction, functions: Functions): string | undefined {
  const refusal = functions.refusalOf({ service: 'secretsmanager.amazonaws.com', sourceArn: secret }, rotator);
  return refusal && `Secrets Manager cannot invoke ${rotator.settings.arn}: ${refusal}`;
}

function refused(message: string): LocalAccountError {
  return new LocalAccountError('REFUSED', message);
}
