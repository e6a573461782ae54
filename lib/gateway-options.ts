import type { Duration } from 'aws-cdk-lib';
import type { TaskSize } from './server-props';

/** How the gateway is sized. */
export interface GatewayOptions {
  /**
   * Fewest gateway tasks, each able to serve any session; from 1 to 100. Their number follows CPU and requests.
   * @default 2
   */
  readonly minReplicas?: number;
  /** @default - 10, or minReplicas where that is more */
  readonly maxReplicas?: number;
  /**
   * A fixed number of gateway tasks, which each deployment restores.
   * @default - they scale from minReplicas to maxReplicas
   */
  readonly replicas?: number;
  /** @default - 0.5 vCPU and 1 GiB */
  readonly taskSize?: TaskSize;
  /**
   * How long the load balancer lets calls through a replica that ends go on before it cuts them, in whole seconds from 1 to 3600 (Elastic
   * Load Balancing); only then comes SIGTERM. Servers' GET streams end at half of it.
   * @default - 15 minutes, the longest that a call may take
   */
  readonly deregistrationDelay?: Duration;
}
