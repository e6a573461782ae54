import { expect, test } from '@jest/globals';
import { Duration, type Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { Peer } from 'aws-cdk-lib/aws-ec2';
import { FleetEdge } from '../../lib';
import { certificateOf, configOf, newFleet, newServer, newStack, resourceAt, templateOf } from './example-fleet';

const apiEdge = (stack: Stack, props = {}) =>
  FleetEdge.apiGateway({ certificate: certificateOf(stack), domainName: 'mcp.example', ...props });

function template(props = {}): Template {
  const stack = newStack();
  return templateOf(newServer({}, newFleet(stack, { edge: apiEdge(stack, props) })));
}

test('answers are streamed, for as long as API Gateway lets them, to the internal load balancer alone', () => {
  const methods = Object.values(template().findResources('AWS::ApiGateway::Method'));
  expect(methods.length).toBe(6);
  for (const { Properties } of methods) {
    expect(Properties.Integration).toMatchObject({
      Type: 'HTTP_PROXY',
      ConnectionType: 'VPC_LINK',
      ResponseTransferMode: 'STREAM',
      TimeoutInMillis: 900_000,
      IntegrationTarget: { Ref: expect.stringContaining('Internal') },
    });
  }
});

test('only preflights and metadata pass without the authorizer', () => {
  const open = Object.values(template().findResources('AWS::ApiGateway::Method')).filter(
    ({ Properties }) => Properties.AuthorizationType !== 'CUSTOM',
  );
  const seen = open.map(({ Properties }) => `${Properties.HttpMethod} ${Properties.Integration.Uri}`).sort();
  expect(seen).toEqual([
    'GET https://mcp.example/.well-known/oauth-protected-resource/{server}/mcp',
    'OPTIONS https://mcp.example/.well-known/oauth-protected-resource/{server}/mcp',
    'OPTIONS https://mcp.example/{server}/calls/{key}',
    'OPTIONS https://mcp.example/{server}/mcp',
  ]);
});

test('a decision is kept for one path, and for no longer than the gateway keeps it', () => {
  const authorizer = (props = {}) => resourceAt(template(props), 'AWS::ApiGateway::Authorizer', /EdgeApi/).Properties;
  expect(authorizer()).toMatchObject({
    Type: 'REQUEST',
    AuthorizerResultTtlInSeconds: 30,
    IdentitySource: 'method.request.header.Authorization,context.path',
  });
  expect(authorizer({ decisionCache: Duration.seconds(0) }).AuthorizerResultTtlInSeconds).toBe(0);
  expect(() => template({ decisionCache: Duration.seconds(31) })).toThrow(
    /edge decisionCache is 31; allowed: a whole number from 0 to 30\. It is in seconds: an agent that is revoked/,
  );
});

test('bytes pass as they are, nobody comes past the custom domain, and the load balancer lets in the link alone', () => {
  const made = template();
  expect(resourceAt(made, 'AWS::ApiGateway::RestApi', /EdgeApi/).Properties).toMatchObject({
    BinaryMediaTypes: ['*/*'],
    DisableExecuteApiEndpoint: true,
  });
  expect(resourceAt(made, 'AWS::ApiGateway::DomainName', /EdgeApi/).Properties).toMatchObject({ SecurityPolicy: 'TLS_1_2' });
  const ingress = Object.values(made.findResources('AWS::EC2::SecurityGroupIngress')).filter(
    ({ Properties }) => Properties.FromPort === 443,
  );
  expect(ingress.map(({ Properties }) => Properties.SourceSecurityGroupId['Fn::GetAtt'][0])).toEqual([
    expect.stringContaining('EdgeApiLinkAccess'),
  ]);
  const balancers = Object.entries(made.findResources('AWS::EC2::SecurityGroup')).filter(([id]) => /LoadBalancersInternalAccess/.test(id));
  expect(balancers).toHaveLength(1);
  const inline = balancers.flatMap(([, { Properties }]) => Properties.SecurityGroupIngress ?? []);
  expect(inline.filter(({ FromPort }: { FromPort: number }) => FromPort === 443)).toEqual([]);
});

test('what the API answers itself is what the gateway would answer', () => {
  const answers = Object.values(template().findResources('AWS::ApiGateway::GatewayResponse')).map(({ Properties }) => [
    Properties.ResponseType,
    Properties.StatusCode,
    JSON.parse(Properties.ResponseTemplates['application/json']).error.data.error,
  ]);
  expect(answers.sort()).toEqual([
    ['ACCESS_DENIED', '403', 'SERVER_DENIED'],
    ['AUTHORIZER_CONFIGURATION_ERROR', '200', 'AUTHORIZER_UNAVAILABLE'],
    ['AUTHORIZER_FAILURE', '200', 'AUTHORIZER_UNAVAILABLE'],
    ['REQUEST_TOO_LARGE', '413', 'PAYLOAD_TOO_LARGE'],
    ['UNAUTHORIZED', '401', 'UNAUTHENTICATED'],
  ]);
});

test.each([
  [[], undefined],
  [['https://console.example', 'https://desk.example'], "'*'"],
])('pages of %j may read what the API refuses by itself: Access-Control-Allow-Origin %s', (allowedOrigins, expected) => {
  const stack = newStack();
  const made = templateOf(newFleet(stack, { edge: apiEdge(stack), allowedOrigins }));
  const answers = Object.values(made.findResources('AWS::ApiGateway::GatewayResponse')).map(({ Properties }) => Properties);
  const typed = answers.map(({ ResponseType }) => ResponseType);
  // Throttling (429), quotas and a web ACL are of the first; the way to the gateway is of the second.
  expect([typed.includes('DEFAULT_4XX'), typed.includes('DEFAULT_5XX')]).toEqual(Array(2).fill(expected !== undefined));
  for (const { ResponseParameters = {} } of answers) {
    expect(ResponseParameters['gatewayresponse.header.Access-Control-Allow-Origin']).toBe(expected);
    const exposed = ResponseParameters['gatewayresponse.header.Access-Control-Expose-Headers'];
    expect(exposed).toBe(expected && "'WWW-Authenticate, Retry-After'");
  }
});

test('a changed way to the load balancer makes a deployment of its own', () => {
  const deploymentOf = (made: Template) => Object.keys(made.findResources('AWS::ApiGateway::Deployment'));
  const stack = newStack();
  const other = templateOf(
    newFleet(stack, { edge: FleetEdge.apiGateway({ certificate: certificateOf(stack), domainName: 'other.example' }) }),
  );
  expect(deploymentOf(template())).toEqual(deploymentOf(template()));
  expect(deploymentOf(other)).not.toEqual(deploymentOf(template()));
});

test('a call that API Gateway would not let end is refused, the wait for its slot included', () => {
  const stack = newStack();
  const fleet = newFleet(stack, { edge: apiEdge(stack) });
  expect(() => newServer({ longestCall: Duration.seconds(861) }, fleet)).toThrow(
    /longestCall is 861; allowed: at most 860 s behind FleetEdge.apiGateway/,
  );
});

test('the gateway knows the stage, with which a path may begin, only behind an API', () => {
  expect(configOf(template()).stage).toBe('Fleet');
  expect(configOf(templateOf(newFleet())).stage).toBeUndefined();
});

test('the load balancer behind it takes no clients of its own', () => {
  const stack = newStack();
  const edge = apiEdge(stack, { clients: [Peer.ipv4('10.0.0.0/8')] });
  expect(() => newFleet(stack, { edge })).toThrow(/clients is a property that there is not/);
});
