import type { Machinery } from '../machinery';
import { rotationRefusal } from '../secrets/rotation';
import type { Created, Provisioner } from './provisioner';

/** AWS::SecretsManager::RotationSchedule: by which function a secret is rotated; here it is when somebody asks for it. */
interface RotationScheduleProperties {
  readonly SecretId: string;
  readonly RotationLambdaARN?: string;
}

export const rotationSchedule: Provisioner<RotationScheduleProperties> = {
  phase: 'functions',
  noun: ['rotation', 'rotations'],
  honours: ['SecretId', 'RotationLambdaARN'],
  ignores: ['RotationRules', 'RotateImmediatelyOnUpdate'],
  create: async ({ properties }, machinery) => setRotation(properties, machinery),
  update: async ({ properties }, _, machinery) => setRotation(properties, machinery),
  delete: async ({ ref }, { secrets }) => secrets.rotateBy(ref, undefined),
};

/** @throws Error where Secrets Manager may not invoke the function (Secrets Manager, RotateSecret: it tries that before it answers) */
function setRotation({ SecretId, RotationLambdaARN = '' }: RotationScheduleProperties, { secrets, functions }: Machinery): Created {
  const [secret, rotator] = [secrets.find(SecretId), functions.find(RotationLambdaARN)];
  const refusal = secret && rotator && rotationRefusal(secret.arn, rotator, functions);
  if (refusal !== undefined) throw new Error(refusal);
  secrets.rotateBy(SecretId, RotationLambdaARN === '' ? undefined : RotationLambdaARN);
  return { ref: SecretId, attribute: (name) => (name === 'Id' ? SecretId : undefined) };
}
