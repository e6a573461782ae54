import type { Call } from '../iam/iam';
import type { EcsMachine } from './machine';
import type { ContainerProperties, TaskDefinition } from './task-definition';

/** An image in a registry of AWS: account, region, repository. */
const ECR_IMAGE = /^(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com\/([^:@]+)/;
const SECRET = /^(arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:[^:]+)/;

/** Why ECS cannot make a task, and for which container. */
export interface RefusedPreparation {
  readonly container: string;
  readonly text: string;
}

/**
 * Whether the execution role lets ECS do what it does before a task's containers start: pull images, read secrets, open log streams (ECS
 * Developer Guide, "Task execution IAM role"). A definition without one is not judged; AWS refuses it where it needs one.
 */
export function refusedPreparation(
  { roles, containers }: TaskDefinition,
  task: string,
  { iam, ...place }: Pick<EcsMachine, 'iam' | 'region' | 'account' | 'secretArn'>,
): RefusedPreparation | undefined {
  const { execution: role } = roles ?? {};
  if (role === undefined) return undefined;
  for (const { properties } of containers) {
    for (const [doing, calls] of steps(properties, place)) {
      const refusal = iam.authorize({ kind: 'role', role, session: task }, calls);
      if (refusal !== undefined)
        return { container: properties.Name, text: `ResourceInitializationError: unable to ${doing}: AccessDeniedException: ${refusal}` };
    }
  }
  return undefined;
}

type Place = Pick<EcsMachine, 'region' | 'account' | 'secretArn'>;

function steps(
  { Image, Secrets = [], LogConfiguration }: ContainerProperties,
  place: Place,
): readonly (readonly [string, readonly Call[]])[] {
  const group = LogConfiguration?.Options?.['awslogs-group'];
  return [
    ['pull its image', pulling(Image)],
    ['pull secrets', Secrets.map(({ ValueFrom }) => reading(ValueFrom, place))],
    ['create its log stream', group === undefined ? [] : logging(group, place)],
  ];
}

function pulling(image: string): readonly Call[] {
  const [, account, region, repository] = ECR_IMAGE.exec(image) ?? [];
  if (repository === undefined) return [];
  const resource = `arn:aws:ecr:${region}:${account}:repository/${repository}`;
  const verbs = ['BatchCheckLayerAvailability', 'GetDownloadUrlForLayer', 'BatchGetImage'];
  return [{ action: 'ecr:GetAuthorizationToken', resource: '*' }, ...verbs.map((verb) => ({ action: `ecr:${verb}`, resource }))];
}

/** A secret, or a parameter of Systems Manager, by its ARN or its name. */
function reading(valueFrom: string, { region, account, secretArn }: Place): Call {
  const [, secret] = SECRET.exec(valueFrom) ?? [];
  if (secret !== undefined)
    return {
      action: 'secretsmanager:GetSecretValue',
      resource: secretArn(secret),
      context: { 'secretsmanager:VersionStage': 'AWSCURRENT' },
    };
  const name = valueFrom.replace(/^\//, '');
  return {
    action: 'ssm:GetParameters',
    resource: valueFrom.startsWith('arn:') ? valueFrom : `arn:aws:ssm:${region}:${account}:parameter/${name}`,
  };
}

function logging(group: string, { region, account }: Place): readonly Call[] {
  const resource = `arn:aws:logs:${region}:${account}:log-group:${group}:log-stream:container`;
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({ action, resource }));
}
