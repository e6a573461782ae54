import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stack } from '../../../local/assembly/cloud-assembly';
import type { EcsMachine } from '../../../local/ecs/machine';
import { Task } from '../../../local/ecs/task';
import type { TaskRoles } from '../../../local/ecs/task-definition';
import { StandIns } from '../../../local/stand-ins';
import type { World } from '../../../local/template/scope';
import { definitionOf, startMachine } from '../fixtures/tasks';

const ROLE = 'arn:aws:iam::000000000000:role/Making';
const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-abcdef';
const GROUP = 'arn:aws:logs:us-east-1:000000000000:log-group:lines:*';
/** Tells what credentials it has. */
const TELLS = `
const { AWS_ACCESS_KEY_ID: id = 'none', AWS_SESSION_TOKEN: token = '' } = process.env;
require('node:fs').writeFileSync(process.env.SAYS, id + ' ' + (token.length > 0));
setInterval(() => {}, 1000);
`;

let machine: EcsMachine & { stop(): Promise<void> };

beforeAll(async () => {
  machine = await startMachine();
});

afterAll(() => machine?.stop());

/** From now on the role may do this. */
function allow(...statements: readonly [action: string | readonly string[], resource: string][]): void {
  const Statement = statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }));
  const Resources = { Making: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'p', PolicyDocument: { Statement } }] } } };
  const stack = {
    name: 'Shop',
    region: 'us-east-1',
    account: '000000000000',
    template: { Resources },
    nested: new Map(),
  } as unknown as Stack;
  const world: World = {
    assembly: { folder: '', stacks: [stack], missing: [] },
    standIns: new StandIns(),
    names: () => ({ ref: 'Making', attribute: () => ROLE }),
  };
  machine.iam.adopt([stack], world);
}

async function start(roles: TaskRoles, more: object = {}) {
  const definition = definitionOf({ app: TELLS }, { app: { Secrets: [{ Name: 'KEY', ValueFrom: SECRET }], ...more } });
  const task = await Task.create({ ...definition, roles }, { cluster: 'c', service: 's', zone: 'a' }, machine);
  void task.start();
  return task;
}

test('what the execution role may not read, its task does not start with', async () => {
  allow(['logs:PutLogEvents', GROUP]);
  const task = await start({ execution: ROLE });
  const { container, what } = await task.failed;
  expect([container?.name, container?.pid]).toEqual(['app', undefined]);
  expect(what).toContain(
    'could not be started: ResourceInitializationError: unable to pull secrets: AccessDeniedException: User: arn:aws:sts::',
  );
  expect(what).toContain(`is not authorized to perform: secretsmanager:GetSecretValue on resource: ${SECRET}`);
  await task.stop();
});

test.each([
  ['pull its image', { Image: '000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1' }, 'ecr:GetAuthorizationToken'],
  ['create its log stream', { LogConfiguration: { Options: { 'awslogs-group': 'lines' } } }, 'logs:CreateLogStream'],
])('nor where ECS cannot %s', async (doing, more, action) => {
  allow(['secretsmanager:GetSecretValue', SECRET], ['logs:PutLogEvents', GROUP]);
  const task = await start({ execution: ROLE }, more);
  expect((await task.failed).what).toMatch(new RegExp(`unable to ${doing}.*perform: ${action}`));
  await task.stop();
});

test('its containers have the credentials of the task role as long as it runs, and none without one', async () => {
  allow([['secretsmanager:GetSecretValue', 'logs:CreateLogStream', 'logs:PutLogEvents'], '*']);
  const known = async (roles: TaskRoles) => {
    const task = await start({ ...roles, execution: ROLE }, { LogConfiguration: { Options: { 'awslogs-group': 'lines' } } });
    await task.containers[0]?.started;
    return task;
  };
  const [withRole, without] = [await known({ task: ROLE }), await known({})];
  const environment = (task: Task) =>
    Reflect.get(task.containers[0] ?? {}, 'place') as { readonly credentials?: { readonly accessKeyId: string } };
  const { credentials } = environment(withRole);
  expect(machine.iam.sessions.find(credentials?.accessKeyId ?? '')).toEqual({ kind: 'role', role: ROLE, session: withRole.id });
  expect(environment(without).credentials).toBeUndefined();
  await Promise.all([withRole.stop(), without.stop()]);
  expect(machine.iam.sessions.find(credentials?.accessKeyId ?? '')).toBeUndefined();
});
