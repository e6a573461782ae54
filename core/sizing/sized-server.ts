/** A server as it is deployed, or as it might be. */
export interface SizedServer {
  readonly name: string;
  /** Slots of an instance. */
  readonly slots: number;
  readonly min: number;
  readonly max: number;
  readonly task: TaskSize;
  readonly gateways: number;
  readonly queue: { readonly length: number; readonly seconds: number };
  /** From the decision to start an instance until the balancer sends to it. */
  readonly startSeconds: number;
  /** Of one that may have no instance: for how long an idle one is to stay. */
  readonly keepIdleSeconds?: number;
}

export interface TaskSize {
  readonly vcpu: number;
  readonly gib: number;
  readonly processor: Processor;
}

/** As ECS calls them. */
export type Processor = 'X86_64' | 'ARM64';
