import type { Iam } from '../iam/iam';
import type { ServiceEvent, StopLimits } from '../local-account';
import type { LogBook } from '../logs/log-book';
import type { Links } from '../network/links';
import type { Ports } from '../processes/ports';
import type { Reaper } from '../processes/reaper';
import type { AddressBook } from './addresses';
import type { AgentEndpoint } from './agent-endpoint';
import type { StartTurns } from './start-turns';
import type { ContainerProperties } from './task-definition';

/** Everything that tasks of the account share. */
export interface EcsMachine {
  readonly region: string;
  readonly account: string;
  /** Folder under which each task has one of its own. */
  readonly folder: string;
  /** Path of the module that is preloaded into Node.js processes. */
  readonly preload: string;
  /** Environment that leads AWS clients to the local account; credentials are each task's own. */
  readonly aws: Readonly<Record<string, string>>;
  readonly iam: Iam;
  readonly addresses: AddressBook;
  /** Who may connect to whom. */
  readonly links: Links;
  readonly ports: Ports;
  readonly reaper: Reaper;
  readonly logs: LogBook;
  readonly agent: AgentEndpoint;
  /** How many tasks start at once. */
  readonly startTurns: StartTurns;
  /** Zones that are lost: no task is placed there. */
  readonly lostZones: Set<string>;
  /** How often programs are to write their metrics. */
  readonly metricsIntervalMs: number;
  /** Bounds for tasks that a deployment replaces, which sessions do not keep then. */
  readonly replaceWithin?: StopLimits;
  /** Told of what befalls services. */
  readonly tell: (event: ServiceEvent) => void;
  /** The secrets that ECS injects into a container. */
  secretsFor(container: ContainerProperties): Record<string, string>;
  /** The whole ARN of a secret that is named by a part of it. */
  secretArn(id: string): string;
}
