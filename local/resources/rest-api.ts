import { LocalAccountError } from '../account-error';
import { RestApi } from '../api-gateway/rest-api';
import type { Machinery } from '../machinery';
import { arnSuffix } from '../secrets/secret-store';
import { attributes, type Provisioner } from './provisioner';

/** AWS::ApiGateway::RestApi, as far as it is read. */
interface RestApiProperties {
  readonly Name?: string;
  readonly BinaryMediaTypes?: readonly string[];
  readonly EndpointConfiguration?: { readonly Types?: readonly string[] };
}

interface ResourceProperties {
  readonly RestApiId: string;
  readonly ParentId: string;
  readonly PathPart: string;
}

interface DeploymentProperties {
  readonly RestApiId: string;
}

const ANY_MEDIA = '*/*';

export const restApi: Provisioner<RestApiProperties> = {
  phase: 'load balancers',
  noun: ['API', 'APIs'],
  honours: ['Name', 'BinaryMediaTypes', 'EndpointConfiguration'],
  // Agents come by the custom domain, which is this machine's port.
  ignores: ['DisableExecuteApiEndpoint', 'EndpointAccessMode', 'FailOnWarnings', 'SecurityPolicy', 'Version'],
  problems: ({ BinaryMediaTypes = [] }, path) =>
    BinaryMediaTypes.filter((type) => type !== ANY_MEDIA).map((type) => `the binary media type ${type} of ${path}; it has ${ANY_MEDIA}`),
  create: async ({ properties, identity, address }, { apis }) => {
    const id = arnSuffix(identity).slice(0, 10).toLowerCase();
    const api = new RestApi(id, address, isBinary(properties));
    apis.set(id, api);
    return describe(api);
  },
  update: async ({ properties }, { ref }, machinery) => {
    const api = apiOf(ref, machinery);
    api.isBinary = isBinary(properties);
    return describe(api);
  },
  delete: async ({ ref }, { apis }) => void apis.delete(ref),
};

export const apiResource: Provisioner<ResourceProperties> = {
  phase: 'load balancers',
  noun: ['path of an API', 'paths of an API'],
  honours: ['RestApiId', 'ParentId', 'PathPart'],
  ignores: [],
  create: async ({ properties, identity }, machinery) => {
    const id = arnSuffix(identity).slice(0, 6).toLowerCase();
    apiOf(properties.RestApiId, machinery).addResource(id, properties.ParentId, properties.PathPart);
    return { ref: id, attribute: attributes({ ResourceId: id }) };
  },
  delete: async ({ ref, properties }, { apis }) => apis.get(properties.RestApiId)?.removeResource(ref),
};

/** The API as it is now, for stages to serve. */
export const apiDeployment: Provisioner<DeploymentProperties> = {
  phase: 'load balancers',
  noun: ['deployment of an API', 'deployments of an API'],
  honours: ['RestApiId'],
  ignores: [],
  create: async ({ properties, identity }, machinery) => {
    const id = arnSuffix(identity).slice(0, 6).toLowerCase();
    apiOf(properties.RestApiId, machinery).deploy(id);
    return { ref: id, attribute: attributes({ DeploymentId: id }) };
  },
  delete: async ({ ref, properties }, { apis }) => void apis.get(properties.RestApiId)?.deployments.delete(ref),
};

/** @throws LocalAccountError where there is none */
export function apiOf(id: string, { apis }: Pick<Machinery, 'apis'>): RestApi {
  const api = apis.get(id);
  if (api !== undefined) return api;
  throw new LocalAccountError('INVALID_ASSEMBLY', `There is no REST API ${id}.`);
}

function isBinary({ BinaryMediaTypes = [] }: RestApiProperties): boolean {
  return BinaryMediaTypes.includes(ANY_MEDIA);
}

function describe({ id, rootId }: RestApi) {
  return { ref: id, attribute: attributes({ RestApiId: id, RootResourceId: rootId }) };
}
