import type { Duration, Size } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { TaskSize } from './server-props';

/**
 * Bounds on what one request may hold and how long it may take to come, tighter than the gateway's own. What exceeds one is refused before
 * anything is made of it.
 */
export interface RequestLimits {
  /**
   * Largest body, from 1 KiB to 4 MiB in whole KiB; a larger one is answered `PAYLOAD_TOO_LARGE` (413).
   * @default - 4 MiB, what SDK servers take
   */
  readonly bodySize?: Size;
  /**
   * Arrays and objects inside each other, from 8 to 128; deeper ones are answered `PARSE_ERROR`.
   * @default 128
   */
  readonly depth?: number;
  /**
   * Values of every kind in one message, from 100 to 250000; more are answered `PARSE_ERROR`.
   * @default 250000
   */
  readonly values?: number;
  /**
   * Until the head of a request is whole, in whole seconds from 1 to 60; a later one is answered 408. A load balancer passes whole heads
   * only: this is about who reaches a gateway past it.
   * @default - 60 seconds
   */
  readonly headTime?: Duration;
  /**
   * Until a request is whole, with its body, in whole seconds from 1 to 300 and no less than `headTime`; a later one is answered 408.
   * @default - 300 seconds
   */
  readonly requestTime?: Duration;
}

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
   * A log group that is there already, of the class Standard: lines of gateways are metrics as well (docs/companies.md). How long it keeps
   * them, and under which key, is its own.
   * @default - one is made
   */
  readonly logGroup?: ILogGroup;
  /**
   * How long the load balancer lets calls through a replica that ends go on before it cuts them, in whole seconds from 1 to 3600 (Elastic
   * Load Balancing); only then comes SIGTERM. Servers' GET streams end at half of it.
   * @default - 15 minutes, the longest that a call may take
   */
  readonly deregistrationDelay?: Duration;
  /** @default - the widest that the gateway has */
  readonly requestLimits?: RequestLimits;
}
