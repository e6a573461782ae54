import type { Listener } from './alb/listener';
import type { TargetGroup } from './alb/target-group';
import type { RestApi } from './api-gateway/rest-api';
import type { Stage } from './api-gateway/stage';
import type { Publishing } from './aws/publishing';
import type { AwsEndpoint } from './aws-endpoint';
import type { EmbeddedDynamoDb } from './dynamodb/embedded-dynamodb';
import type { EcsMachine } from './ecs/machine';
import type { NpmPackages } from './ecs/npm-package';
import type { Service } from './ecs/service';
import type { TaskDefinitions } from './ecs/task-definitions';
import type { CutLinks } from './faults/cut-links';
import type { EndpointFaults } from './faults/endpoint-faults';
import type { MetRules } from './faults/request-rules';
import type { Iam } from './iam/iam';
import type { Images } from './images/images';
import type { EventSources } from './lambda/event-sources';
import type { Functions } from './lambda/lambda-api';
import type { Schedules } from './lambda/schedules';
import type { LocalAccountOptions } from './local-account';
import type { AutoScaling } from './scaling/auto-scaling';
import type { SecretStore } from './secrets/secret-store';
import type { Certificates } from './tls/certificates';

/** The running parts that provisioners put resources into. */
export interface Machinery {
  /** Who may do what. */
  readonly iam: Iam;
  readonly dynamodb: EmbeddedDynamoDb;
  readonly secrets: SecretStore;
  readonly functions: Functions;
  readonly schedules: Schedules;
  readonly eventSources: EventSources;
  readonly awsEndpoint: AwsEndpoint;
  readonly endpointFaults: EndpointFaults;
  readonly met: MetRules;
  readonly cuts: CutLinks;
  /** Of load balancers. */
  readonly certificates: Certificates;
  /** Where assets are published, and what bootstrapping makes. */
  readonly publishing: Publishing;
  readonly ecs: EcsMachine;
  readonly images: Images;
  readonly packages: NpmPackages;
  /** Folder of this run. */
  readonly folder: string;
  /** By ARN. */
  readonly targetGroups: Map<string, TargetGroup>;
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly listeners: Map<string, Listener>;
  /** REST APIs by id, and what serves each of them. */
  readonly apis: Map<string, RestApi>;
  readonly stages: Map<string, Stage>;
  readonly taskDefinitions: TaskDefinitions;
  readonly services: Map<string, Service>;
  readonly scaling: AutoScaling;
  /** Port on this machine that a listener, or the stage of an API, shall take; 0 for any free one. */
  portFor(stack: string, logicalId: string, port: number): number;
  /** The same for agents who enter a company's listener under this host name; undefined where no fleet of the stack has it. */
  doorFor(stack: string, host: string): number | undefined;
  /** Host name by which agents know it; undefined where it has none of its own. */
  domainOf(stack: string, logicalId: string, port: number): string | undefined;
  readonly interpose: NonNullable<LocalAccountOptions['interpose']>;
  /** Says what is worth knowing before a phase ends; see `LocalAccountOptions.onProgress`. */
  readonly tell: (name: string, detail: string) => void;
}

export interface LoadBalancer {
  readonly stack: string;
  readonly logicalId: string;
  readonly dnsName: string;
  readonly idleTimeoutSeconds: number;
}
