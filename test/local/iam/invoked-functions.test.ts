import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../checks/waiting';
import { rotateSecret } from '../../../local/secrets/rotation';
import { StackRig, table } from '../fixtures/stack-rig';

/** Each service that invokes a function, with the permission for it in the template, and with a template that has it no more. */

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const FUNCTION = (more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { ZipFile: 'exports.handler = async () => ({});' }, ...more },
});
const role = (service: string, ...Statement: object[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }] },
    Policies: [{ PolicyName: 'p', PolicyDocument: { Statement } }],
  },
});
const permission = (Principal: string, more: object = {}) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: { Action: 'lambda:InvokeFunction', FunctionName: arnOf('Fn'), Principal, ...more },
});

let rig: StackRig;
beforeAll(async () => {
  rig = await StackRig.start();
});
afterAll(() => rig?.stop());

const fn = () => rig.machinery.functions.find(rig.ref('Fn') ?? '');
const mayInvoke = (service: string, sourceArn: string, more: object = {}) =>
  rig.machinery.functions.invocableBy({ service, sourceArn, ...more }, rig.ref('Fn') ?? '') !== undefined;

describe('API Gateway invokes an authorizer', () => {
  const SERVICE = 'apigateway.amazonaws.com';
  const denies = `exports.handler = async () => ({ policyDocument: { Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] } });`;
  const method = { RestApiId: { Ref: 'Api' }, ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] }, HttpMethod: 'GET' };
  const integration = { Type: 'HTTP_PROXY', ConnectionType: 'VPC_LINK', IntegrationTarget: 'none', Uri: 'https://none/' };
  const api = {
    Fn: FUNCTION({ Code: { ZipFile: denies } }),
    Api: { Type: 'AWS::ApiGateway::RestApi', Properties: {} },
    Authorizer: {
      Type: 'AWS::ApiGateway::Authorizer',
      Properties: {
        RestApiId: { Ref: 'Api' },
        Type: 'REQUEST',
        AuthorizerUri: { 'Fn::Sub': `arn:x/functions/\${Fn.Arn}/invocations` },
        AuthorizerResultTtlInSeconds: 0,
      },
    },
    Method: {
      Type: 'AWS::ApiGateway::Method',
      Properties: { ...method, AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authorizer' }, Integration: integration },
    },
    Deployment: { Type: 'AWS::ApiGateway::Deployment', DependsOn: ['Method'], Properties: { RestApiId: { Ref: 'Api' } } },
    Stage: { Type: 'AWS::ApiGateway::Stage', Properties: { RestApiId: { Ref: 'Api' }, DeploymentId: { Ref: 'Deployment' } } },
  };
  const answer = async () => {
    const { status, headers } = await fetch(`http://127.0.0.1:${rig.machinery.stages.get(rig.ref('Api') ?? '')?.port}/`);
    return [status, headers.get('x-amzn-errortype')];
  };
  const SourceArn = { 'Fn::Sub': `arn:aws:execute-api:us-east-1:\${AWS::AccountId}:\${Api}/authorizers/\${Authorizer}` };
  const source = () => `arn:aws:execute-api:us-east-1:000000000000:${rig.ref('Api')}/authorizers/${rig.ref('Authorizer')}`;

  test('by a permission for this authorizer alone', async () => {
    await rig.deploy({ ...api, Lets: permission(SERVICE, { SourceArn }) });
    expect([mayInvoke(SERVICE, source()), mayInvoke(SERVICE, `${source()}x`)]).toEqual([true, false]);
    expect(await answer()).toEqual([403, 'ACCESS_DENIEDException']); // so the function says
    await rig.deploy(api);
    expect(await answer()).toEqual([500, 'AUTHORIZER_CONFIGURATION_ERRORException']);
    expect(mayInvoke(SERVICE, source())).toBe(false);
  });

  test('or under a role that trusts it, and may', async () => {
    const invokes = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arnOf('Fn') };
    await rig.deploy({
      ...api,
      Good: role(SERVICE, invokes),
      Idle: role(SERVICE, { ...invokes, Action: 'lambda:GetFunction' }),
      Foreign: role('ec2.amazonaws.com', invokes),
    });
    const roles = ['Good', 'Idle', 'Foreign'].map((id) => ({ role: `arn:aws:iam::000000000000:role/${rig.ref(id)}` }));
    expect(roles.map((more) => mayInvoke(SERVICE, source(), more))).toEqual([true, false, false]);
  });
});

test('EventBridge invokes what a schedule names, as long as it may', async () => {
  const rule = {
    Type: 'AWS::Events::Rule',
    Properties: { ScheduleExpression: 'rate(1 minute)', Targets: [{ Id: 'T', Arn: arnOf('Fn') }] },
  };
  const lets = permission('events.amazonaws.com', { SourceArn: arnOf('Rule') });
  await rig.deploy({ Fn: FUNCTION(), Rule: rule, Lets: lets });
  const source = `arn:aws:events:us-east-1:000000000000:rule/${rig.ref('Rule')}`;
  expect(mayInvoke('events.amazonaws.com', source)).toBe(true);
  await rig.deploy({ Fn: FUNCTION(), Rule: rule });
  expect(mayInvoke('events.amazonaws.com', source)).toBe(false);
});

describe('Secrets Manager rotates by a function', () => {
  const rotated = {
    Fn: FUNCTION(),
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'a' } },
    Rotation: {
      Type: 'AWS::SecretsManager::RotationSchedule',
      DependsOn: ['Lets'],
      Properties: { SecretId: { Ref: 'Secret' }, RotationLambdaARN: arnOf('Fn') },
    },
  };
  const Lets = permission('secretsmanager.amazonaws.com', { SourceAccount: { Ref: 'AWS::AccountId' } });

  test('only where it may: it tries that before there is a schedule, and each time', async () => {
    const refusal = /Secrets Manager cannot invoke arn:aws:lambda:.*no resource-based policy allows the lambda:InvokeFunction action/;
    const { Rotation, ...without } = rotated;
    await expect(rig.deploy({ ...without, Rotation: { ...Rotation, DependsOn: [] } })).rejects.toThrow(refusal);
    await rig.deploy({ ...rotated, Lets });
    const { secrets, functions } = rig.machinery;
    await rotateSecret(rig.ref('Secret') ?? '', secrets, functions);
    await rig.deploy({ ...without, Rotation: { ...Rotation, DependsOn: [] } });
    await expect(rotateSecret(rig.ref('Secret') ?? '', secrets, functions)).rejects.toThrow(refusal);
  });
});

describe('Lambda reads a stream by the role of the function', () => {
  const STREAM = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];
  const ALL = [...STREAM, 'dynamodb:ListStreams'];
  const stream = { 'Fn::GetAtt': ['Orders', 'StreamArn'] };
  const readBy = (actions: readonly string[], listed: unknown = '*') => ({
    Orders: table({}, { StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
    Role: role(
      'lambda.amazonaws.com',
      { Effect: 'Allow', Action: [...actions.filter((action) => STREAM.includes(action)), 'dynamodb:Nothing'], Resource: stream },
      ...(actions.includes('dynamodb:ListStreams') ? [{ Effect: 'Allow', Action: 'dynamodb:ListStreams', Resource: listed }] : []),
    ),
    Fn: FUNCTION({ Role: arnOf('Role') }),
    Reads: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { FunctionName: { Ref: 'Fn' }, EventSourceArn: stream, StartingPosition: 'TRIM_HORIZON' },
    },
  });

  test.each(ALL)('not without %s', async (gone) => {
    await expect(rig.deploy(readBy(ALL.filter((action) => action !== gone)))).rejects.toThrow(
      new RegExp(`Cannot access stream .* not authorized to perform: ${gone} on resource`),
    );
  });

  test('nor where the streams of one table alone may be listed, for there is no such permission', async () => {
    await expect(rig.deploy(readBy(ALL, stream))).rejects.toThrow(/dynamodb:ListStreams on resource: \*/);
  });

  test('with all of them', async () => {
    await rig.deploy(readBy(ALL));
    expect(await eventually(async () => rig.ref('Reads') !== undefined, 1_000)).toBe(true);
    expect(fn()).toBeDefined();
  });
});
