import type { Ports } from '../../../local/processes/ports';
import type { Authority } from '../../suites/authority';
import type { PackageCache } from '../../suites/package-cache';
import type { Crowd } from '../crowd';
import type { Served } from '../process';

/** Something that stands between the load and a server. */
export interface Target {
  readonly port: number;
  /** Processes whose use of the machine is its own. */
  readonly own: readonly Served[];
  /** The name by which the server knows all its sessions, where it does not keep them apart. */
  readonly session?: string;
  /** What an agent's requests carry. @param agent its number @param crowd that it is one of */
  headers(agent: number, crowd: Crowd): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

/** What a target is started with. */
export interface Surroundings {
  /** Folder for its files and logs. */
  readonly scratch: string;
  /** Folder with the bench's own programs, bundled. */
  readonly programs: string;
  /** Packages of others; undefined where they could not be installed. */
  readonly packages: PackageCache | undefined;
  readonly ports: Ports;
  readonly authority: Authority;
  /** Port of the server at the end. */
  readonly upstream: number;
  /** Port of the stand-in for DynamoDB. */
  readonly tables: number;
  /** Servers that a gateway knows, where not as many as any load asks for. */
  readonly servers?: number;
  /** The Node that it runs on, where it runs on one, and what that is told. */
  readonly node: string;
  readonly nodeFlags?: readonly string[];
  /** Folder with the programs of this project, where it is made of them. */
  readonly dist: string;
}

/** Starts a target. @throws Absent where it is not on this machine */
export type Start = (surroundings: Surroundings) => Promise<Target>;

/** Of others, and not here: no fault of the run. */
export class Absent extends Error {}
