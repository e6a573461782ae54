import type { ApiMethod } from '../api-gateway/rest-api';
import { arnSuffix } from '../secrets/secret-store';
import { attributes, type Created, type Provisioner, type ResourceRequest } from './provisioner';
import { apiOf } from './rest-api';

/** AWS::ApiGateway::Method, as far as it is read. */
interface MethodProperties {
  readonly RestApiId: string;
  readonly ResourceId: string;
  readonly HttpMethod: string;
  readonly AuthorizationType?: string;
  readonly AuthorizerId?: string;
  readonly Integration?: IntegrationProperties;
}

interface IntegrationProperties {
  readonly Type?: string;
  readonly Uri?: string;
  readonly IntegrationHttpMethod?: string;
  readonly IntegrationTarget?: string;
  readonly ConnectionType?: string;
  readonly ResponseTransferMode?: string;
  readonly TimeoutInMillis?: number;
}

interface AuthorizerProperties {
  readonly RestApiId: string;
  readonly Type: string;
  readonly AuthorizerUri: string;
  readonly IdentitySource?: string;
  readonly AuthorizerResultTtlInSeconds?: number;
  readonly AuthorizerCredentials?: string;
}

interface AnswerProperties {
  readonly RestApiId: string;
  readonly ResponseType: string;
  readonly StatusCode?: string;
  readonly ResponseParameters?: Readonly<Record<string, string>>;
  readonly ResponseTemplates?: Readonly<Record<string, string>>;
}

/** Where nothing is said, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 29_000;
/** Where nothing is said, in seconds. */
const DEFAULT_KEEP_SECONDS = 300;

export const apiMethod: Provisioner<MethodProperties> = {
  phase: 'load balancers',
  noun: ['method of an API', 'methods of an API'],
  honours: ['RestApiId', 'ResourceId', 'HttpMethod', 'AuthorizationType', 'AuthorizerId', 'Integration'],
  // Which parameters an integration may be given; those of the path are, here.
  ignores: ['RequestParameters', 'OperationName'],
  problems: ({ AuthorizationType = 'NONE', Integration = {} }, path) => [
    ...(['NONE', 'CUSTOM'].includes(AuthorizationType) ? [] : [`the authorization ${AuthorizationType} of ${path}; it has NONE, CUSTOM`]),
    ...(Integration.Type === 'HTTP_PROXY' && Integration.ConnectionType === 'VPC_LINK' && Integration.IntegrationTarget !== undefined
      ? []
      : [`the integration of ${path}; it has HTTP_PROXY by a VPC_LINK to a load balancer (IntegrationTarget)`]),
  ],
  create: async (request, machinery) => {
    const { properties, identity } = request;
    return setMethod(`${properties.RestApiId}-method-${arnSuffix(identity)}`, request, apiOf(properties.RestApiId, machinery));
  },
  update: async (request, { ref }, machinery) => setMethod(ref, request, apiOf(request.properties.RestApiId, machinery)),
  delete: async ({ ref, properties }, { apis }) => apis.get(properties.RestApiId)?.removeMethod(ref),
};

function setMethod(id: string, { properties }: ResourceRequest<MethodProperties>, api: ReturnType<typeof apiOf>): Created {
  const { ResourceId, HttpMethod, AuthorizationType, AuthorizerId, Integration = {} } = properties;
  const { Uri = '', IntegrationTarget = '', IntegrationHttpMethod = 'ANY', ResponseTransferMode, TimeoutInMillis } = Integration;
  const method: ApiMethod = {
    authorizer: AuthorizationType === 'CUSTOM' ? AuthorizerId : undefined,
    integration: {
      uri: Uri,
      target: IntegrationTarget,
      method: IntegrationHttpMethod === 'ANY' ? undefined : IntegrationHttpMethod,
      streams: ResponseTransferMode === 'STREAM',
      timeoutMs: Number(TimeoutInMillis ?? DEFAULT_TIMEOUT_MS),
    },
  };
  api.setMethod(id, ResourceId, HttpMethod, method);
  return { ref: id, attribute: attributes({}) };
}

export const apiAuthorizer: Provisioner<AuthorizerProperties> = {
  phase: 'load balancers',
  noun: ['authorizer of an API', 'authorizers of an API'],
  honours: ['RestApiId', 'Type', 'AuthorizerUri', 'IdentitySource', 'AuthorizerResultTtlInSeconds', 'AuthorizerCredentials'],
  ignores: ['Name', 'AuthType'],
  problems: ({ Type }, path) => (Type === 'REQUEST' ? [] : [`the authorizer type ${Type} of ${path}; it has REQUEST`]),
  create: async (request, machinery) =>
    setAuthorizer(arnSuffix(request.identity).slice(0, 6).toLowerCase(), request, apiOf(request.properties.RestApiId, machinery)),
  update: async (request, { ref }, machinery) => setAuthorizer(ref, request, apiOf(request.properties.RestApiId, machinery)),
  delete: async ({ ref, properties }, { apis }) => void apis.get(properties.RestApiId)?.authorizers.delete(ref),
};

function setAuthorizer(id: string, { properties }: ResourceRequest<AuthorizerProperties>, api: ReturnType<typeof apiOf>): Created {
  const {
    AuthorizerUri,
    IdentitySource = '',
    AuthorizerResultTtlInSeconds = DEFAULT_KEEP_SECONDS,
    AuthorizerCredentials: role,
  } = properties;
  const [, functionArn = ''] = /\/functions\/(.+)\/invocations$/.exec(AuthorizerUri) ?? [];
  const identitySources = IdentitySource.split(',').filter((source) => source !== '');
  api.authorizers.set(id, {
    functionArn,
    identitySources,
    keepSeconds: Number(AuthorizerResultTtlInSeconds),
    ...(role !== undefined && { role }),
  });
  return { ref: id, attribute: attributes({ AuthorizerId: id }) };
}

/** What the API answers itself. */
export const apiAnswer: Provisioner<AnswerProperties> = {
  phase: 'load balancers',
  noun: ['answer of an API', 'answers of an API'],
  honours: ['RestApiId', 'ResponseType', 'StatusCode', 'ResponseParameters', 'ResponseTemplates'],
  ignores: [],
  problems: ({ ResponseParameters = {} }, path) =>
    Object.entries(ResponseParameters)
      .filter(([name, value]) => !HEADER.test(name) || !STATIC.test(value))
      .map(([name]) => `the parameter ${name} of ${path}; it has headers of fixed values`),
  create: async (request, machinery) => setAnswer(request, apiOf(request.properties.RestApiId, machinery)),
  update: async (request, _, machinery) => setAnswer(request, apiOf(request.properties.RestApiId, machinery)),
  delete: async ({ properties }, { apis }) => void apis.get(properties.RestApiId)?.answers.delete(properties.ResponseType),
};

const HEADER = /^gatewayresponse\.header\./;
const STATIC = /^'.*'$/s;

function setAnswer({ properties }: ResourceRequest<AnswerProperties>, api: ReturnType<typeof apiOf>): Created {
  const { ResponseType, StatusCode, ResponseParameters = {}, ResponseTemplates = {} } = properties;
  const headers = Object.entries(ResponseParameters).map(([name, value]) => [name.replace(HEADER, '').toLowerCase(), value.slice(1, -1)]);
  const template = ResponseTemplates['application/json'];
  api.answers.set(ResponseType, {
    headers: Object.fromEntries(headers),
    ...(StatusCode !== undefined && { status: Number(StatusCode) }),
    ...(template !== undefined && { template }),
  });
  return { ref: `${api.id}/${ResponseType}`, attribute: attributes({}) };
}
