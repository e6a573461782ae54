import { expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type AddServerProps, type ClientCredentialsProps, type HeaderCredentialOptions, ServerCredential, ServerRuntime } from '../../lib';
import {
  configOf,
  containersOf,
  environmentOf,
  logicalIdAt,
  newFleet,
  newServer,
  secretNamesOf,
  statementsOf,
  taskRoleOf,
  templateOf,
  textOf,
} from './example-fleet';

const remote = (credential: ServerCredential): Partial<AddServerProps> => ({
  runtime: ServerRuntime.remote({ url: 'https://search.example/mcp', credential }),
});
const hosted = (credential: ServerCredential): Partial<AddServerProps> => ({
  runtime: ServerRuntime.http({ package: '@acme/tickets', version: '1.2.3', port: 3000, credential }),
});

test('a header of a remote server is the gateway’s alone, and an agent may have its own', () => {
  const fleet = newFleet();
  const stack = Stack.of(fleet);
  const own = Secret.fromSecretNameV2(stack, 'Own', 'search/support');
  const credential = ServerCredential.header('Authorization', new Secret(stack, 'Token', { encryptionKey: new Key(stack, 'TokenKey') }), {
    prefix: 'Bearer ',
    perAgent: { support: own },
  });
  newServer(remote(credential), fleet);
  fleet.addAgent('support', { subject: 'support-1' });
  const template = templateOf(fleet);

  const token = logicalIdAt(template, 'AWS::SecretsManager::Secret', /Token\/Resource$/);
  expect(configOf(template).servers.tickets?.credential).toEqual({
    kind: 'header',
    header: 'authorization',
    prefix: 'Bearer ',
    secret: { arn: `<${token}>` },
    perAgent: [{ issuer: 'https://login.example', subject: 'support-1', arn: expect.stringContaining(':secret:search/support') }],
  });
  const read = statementsOf(template, taskRoleOf(template, /Gateway\/Task/)).filter(({ Action }) =>
    Action.includes('secretsmanager:GetSecretValue'),
  );
  const resources = read.flatMap(({ Resource }) => [Resource].flat()).map((resource) => textOf(resource));
  expect(resources).toEqual(expect.arrayContaining([`<${token}>`, expect.stringMatching(/:secret:search\/support-\?{6}$/)]));
  const key = logicalIdAt(template, 'AWS::KMS::Key', /TokenKey\/Resource$/);
  const decrypts = statementsOf(template, taskRoleOf(template, /Gateway\/Task/)).filter(({ Action }) => Action.includes('kms:Decrypt'));
  expect(JSON.stringify(decrypts)).toContain(key);
});

test('a server of the fleet is passed the header that it is told, and is not given the secret', () => {
  const fleet = newFleet();
  newServer(hosted(ServerCredential.header('authorization', new Secret(Stack.of(fleet), 'Token'))), fleet);
  const template = templateOf(fleet);
  const containers = containersOf(template, /tickets\/Task/);
  const sidecar = containers.find(({ Name }) => Name === 'sidecar') as (typeof containers)[0];
  expect(JSON.parse(textOf(environmentOf(sidecar).MCP_FLEET_SIDECAR)).runtime).toMatchObject({ credentialHeader: 'authorization' });
  expect(containers.flatMap(secretNamesOf)).toEqual(['MCP_FLEET_SIDECAR_KEY']);
});

test('a token of an OAuth client', () => {
  const fleet = newFleet();
  const clientSecret = new Secret(Stack.of(fleet), 'Client');
  const props = { tokenUrl: 'https://login.search.example/token', clientId: 'fleet', clientSecret, field: 'secret', scope: 'search' };
  newServer(remote(ServerCredential.oauthClientCredentials(props)), fleet);
  expect(configOf(templateOf(fleet)).servers.tickets?.credential).toEqual({
    kind: 'oauth',
    tokenUrl: 'https://login.search.example/token',
    clientId: 'fleet',
    secret: { arn: expect.stringContaining('Client'), field: 'secret' },
    scope: 'search',
  });
});

test('an agent may have a client of its own, whose secret the gateway may read', () => {
  const fleet = newFleet();
  const stack = Stack.of(fleet);
  const [clientSecret, own] = [new Secret(stack, 'Client'), new Secret(stack, 'Own')];
  const perAgent = { support: { clientId: 'support', clientSecret: own } };
  const props = { tokenUrl: 'https://login.search.example/token', clientId: 'fleet', clientSecret, scope: 'search', perAgent };
  newServer(remote(ServerCredential.oauthClientCredentials(props)), fleet);
  fleet.addAgent('support', { subject: 'support-1' });
  const template = templateOf(fleet);
  const secret = { arn: expect.stringContaining('Own') };
  expect(configOf(template).servers.tickets?.credential).toMatchObject({
    clientId: 'fleet',
    perAgent: [{ issuer: 'https://login.example', subject: 'support-1', clientId: 'support', secret, scope: 'search' }],
  });
  const read = JSON.stringify(statementsOf(template, taskRoleOf(template, /Gateway\/Task/)));
  expect(read).toContain(logicalIdAt(template, 'AWS::SecretsManager::Secret', /Own\/Resource$/));
});

const header = (name: unknown, secret?: unknown, options?: unknown) => (held: ISecret) =>
  ServerCredential.header(name as string, (secret ?? held) as ISecret, options as HeaderCredentialOptions);
const oauth = (props: object) => (clientSecret: ISecret) =>
  ServerCredential.oauthClientCredentials({
    tokenUrl: 'https://login.example/token',
    clientId: 'c',
    clientSecret,
    ...props,
  } as ClientCredentialsProps);

test.each<[string, (secret: ISecret) => ServerCredential, RegExp]>([
  [
    'a header that names the session',
    header('Mcp-Session-Id'),
    /credential header is "Mcp-Session-Id"; allowed: a header that the gateway does not set/,
  ],
  ['a header that is none', header('x api key'), /credential header is "x api key"; allowed: the name of a header/],
  ['a value in the code', header('authorization', 'sk-live'), /credential secret is a string; allowed: a secret of Secrets Manager/],
  ['another option', header('authorization', undefined, { prefx: 'Bearer ' }), /credential prefx .*Did you mean "?prefix/],
  ['a client of an agent without a secret', oauth({ perAgent: { support: { clientId: 's' } } }), /perAgent.*clientSecret/],
  ['a token endpoint without TLS', oauth({ tokenUrl: 'http://login.example/token' }), /credential tokenUrl .*https/],
])('%s is refused', (_, make, message) => {
  const fleet = newFleet();
  const credential = make(new Secret(Stack.of(fleet), 'Token'));
  expect(() => newServer(remote(credential), fleet)).toThrow(message);
});

test('an agent that the fleet does not have is refused, and so are sessions that would be opened without the credential', () => {
  const fleet = newFleet();
  const secret = new Secret(Stack.of(fleet), 'Token');
  newServer(remote(ServerCredential.header('x-api-key', secret, { perAgent: { suport: secret } })), fleet);
  expect(() => templateOf(fleet)).toThrow(/The credential of "tickets" has a secret for the agent "suport"; allowed: none/);
  const other = newFleet();
  const credential = ServerCredential.header('x-api-key', new Secret(Stack.of(other), 'Token'));
  expect(() => newServer({ ...hosted(credential), sessions: { warm: 2 } }, other)).toThrow(
    /sessions.warm is 2; allowed: 0 beside a credential/,
  );
});
