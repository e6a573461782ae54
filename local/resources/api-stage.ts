import { LocalAccountError } from '../account-error';
import { Authorizers } from '../api-gateway/authorize';
import type { ListenerPlace } from '../api-gateway/integrate';
import type { ApiSnapshot } from '../api-gateway/rest-api';
import { Stage } from '../api-gateway/stage';
import { addressText } from '../assembly/template';
import type { Machinery } from '../machinery';
import { portTaken } from '../processes/ports';
import { attributes, type Provisioner } from './provisioner';
import { apiOf } from './rest-api';

/** AWS::ApiGateway::Stage, as far as it is read. */
interface StageProperties {
  readonly RestApiId: string;
  readonly DeploymentId: string;
  readonly StageName?: string;
}

/** Port of its custom domain. */
const HTTPS = 443;

/** A stage serves one deployment of its API, as the edge of a fleet: under the port by which agents come. */
export const apiStage: Provisioner<StageProperties> = {
  phase: 'load balancers',
  noun: ['stage of an API', 'stages of an API'],
  honours: ['RestApiId', 'DeploymentId', 'StageName'],
  // Where it logs, and how much of it it keeps from others.
  ignores: ['AccessLogSetting', 'MethodSettings', 'TracingEnabled', 'DocumentationVersion'],
  create: async ({ properties, stack }, machinery) => {
    const { RestApiId, StageName = 'prod' } = properties;
    const { address } = apiOf(RestApiId, machinery);
    const port = machinery.portFor(address.stack, address.logicalId, HTTPS);
    const started = await Stage.start(snapshotOf(properties, machinery), {
      apiId: RestApiId,
      account: stack.account,
      region: stack.region,
      stage: StageName,
      port,
      authorizers: new Authorizers((service, arn) => machinery.functions.invocableBy(service, arn)),
      listenerAt: (balancer, number) => listenerAt(balancer, number, machinery),
    }).catch((cause: unknown) => {
      throw (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portTaken(port, cause) : cause;
    });
    machinery.stages.set(RestApiId, started);
    const domain = machinery.domainOf(address.stack, address.logicalId, HTTPS);
    if (domain !== undefined)
      machinery.ecs.addresses.addText(`"baseUrl":"https://${domain}"`, `"baseUrl":"http://127.0.0.1:${started.port}"`);
    return { ref: StageName, attribute: attributes({}) };
  },
  update: async ({ properties }, { ref }, machinery) => {
    const stage = machinery.stages.get(properties.RestApiId);
    if (stage !== undefined) stage.snapshot = snapshotOf(properties, machinery);
    return { ref, attribute: attributes({}) };
  },
  delete: async ({ properties }, { stages }) => {
    const stage = stages.get(properties.RestApiId);
    stages.delete(properties.RestApiId);
    await stage?.stop();
  },
};

/** Where the link of the API finds a listener. */
function listenerAt(arn: string, port: number, { listeners, loadBalancers, ecs, certificates }: Machinery): ListenerPlace | undefined {
  const [listener, balancer] = [listeners.get(`${arn.replace(':loadbalancer/', ':listener/')}/${port}`), loadBalancers.get(arn)];
  if (listener === undefined) return undefined;
  const authority = listener.scheme === 'https' ? certificates.authority : undefined;
  const local = balancer === undefined ? listener.port : ecs.links.door(addressText(balancer), port, listener.port, 'API');
  return { port: local, ...(authority !== undefined && { authority }) };
}

function snapshotOf({ RestApiId, DeploymentId }: StageProperties, machinery: Machinery): ApiSnapshot {
  const snapshot = apiOf(RestApiId, machinery).deployments.get(DeploymentId);
  if (snapshot !== undefined) return snapshot;
  throw new LocalAccountError('INVALID_ASSEMBLY', `The REST API ${RestApiId} has no deployment ${DeploymentId}.`);
}
