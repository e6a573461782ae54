import { membersIn, type Stated, type StatedResources, textsOf } from './stated';

/**
 * Services of AWS that a program reaches over the network, by how the verbs of IAM begin; KMS is asked by the services themselves for it
 * (`kms:ViaService`), and task protection is the ECS agent's, beside the task.
 */
const SERVICES: Readonly<Record<string, string>> = {
  dynamodb: 'dynamodb',
  ecs: 'ecs',
  lambda: 'lambda',
  logs: 'logs',
  s3: 's3',
  secretsmanager: 'secretsmanager',
  sns: 'sns',
  sqs: 'sqs',
  ssm: 'ssm',
  sts: 'sts',
};
/** An image in ECR is pulled by its API, its registry and S3 ("Amazon ECR interface VPC endpoints"). */
const OF_AN_IMAGE = ['ecr.api', 'ecr.dkr', 's3'];

/** The services that a task definition or a function asks: what its roles allow, and what its containers need to run. */
export function servicesAskedBy(definition: Stated, stated: StatedResources): readonly string[] {
  const roles = ['TaskRoleArn', 'Role'].flatMap((name) => textsOf(definition.property(name)).map(roleOf));
  const allowed = actionsOf(roles, stated).flatMap((action) => SERVICES[action.split(':', 1)[0] as string] ?? []);
  const starts = membersIn(definition.property('ContainerDefinitions')).flatMap(askedByContainer);
  return [...new Set([...allowed, ...starts])].sort();
}

function askedByContainer({ Image, Secrets, LogConfiguration }: Readonly<Record<string, unknown>>): readonly string[] {
  return [
    ...(String(Image).includes('.dkr.ecr.') ? OF_AN_IMAGE : ['internet']),
    ...(membersIn(Secrets).length > 0 ? ['secretsmanager'] : []),
    ...membersIn([LogConfiguration]).flatMap(({ LogDriver }) => (LogDriver === 'awslogs' ? ['logs'] : [])),
  ];
}

function actionsOf(roles: readonly string[], stated: StatedResources): readonly string[] {
  const apart = [...stated.ofType('AWS::IAM::Policy'), ...stated.ofType('AWS::IAM::ManagedPolicy')].filter(({ property }) =>
    textsOf(property('Roles')).some((role) => roles.includes(roleOf(role))),
  );
  const inline = stated
    .ofType('AWS::IAM::Role')
    .filter(({ id }) => roles.includes(id))
    .flatMap(({ property }) => membersIn(property('Policies')).map(({ PolicyDocument }) => PolicyDocument));
  const documents = [...apart.map(({ property }) => property('PolicyDocument')), ...inline];
  const statements = membersIn(documents).flatMap(({ Statement }) =>
    Array.isArray(Statement) ? membersIn(Statement) : membersIn([Statement]),
  );
  return statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => textsOf(Action));
}

/** The role that a reference or its ARN names. */
function roleOf(text: string): string {
  return text.replace(/\.Arn$/, '');
}
