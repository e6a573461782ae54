import type { Provisioner } from './provisioner';

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
  create: async ({ properties }, { secrets }) => setRotation(properties, secrets),
  update: async ({ properties }, _, { secrets }) => setRotation(properties, secrets),
  delete: async ({ ref }, { secrets }) => secrets.rotateBy(ref, undefined),
};

function setRotation(
  { SecretId, RotationLambdaARN }: RotationScheduleProperties,
  secrets: { rotateBy(arn: string, rotator?: string): void },
) {
  secrets.rotateBy(SecretId, RotationLambdaARN);
  return { ref: SecretId, attribute: (name: string) => (name === 'Id' ? SecretId : undefined) };
}
