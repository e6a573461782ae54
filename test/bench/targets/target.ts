import type { Ports } from '../../../local/processes/ports';
import type { Authority } from '../../suites/authority';
import type { Served } from '../process';

/** Something that stands between the load and a server. */
export interface Target {
  /** As it was asked for, and with the Node that it runs on where there are several. */
  readonly name: string;
  readonly port: number;
  /** Processes whose use of the machine is its own. */
  readonly own: readonly Served[];
  /** What an agent's requests carry; signed anew for each load. @param agent number of the agent */
  headers(agent: number): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

/** What a target is started with. */
export interface Surroundings {
  /** Folder for its files and logs. */
  readonly scratch: string;
  /** Folder with the bench's own programs, bundled. */
  readonly programs: string;
  readonly ports: Ports;
  /** Port of the server at the end. */
  readonly upstream: number;
  /** Ports of the stand-ins for DynamoDB. */
  readonly tables: number;
  readonly authority: Authority;
  /** The Node that it runs on, where it runs on one. */
  readonly node: string;
}
