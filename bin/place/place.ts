import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Grant } from '../../checks/grants';
import type { ListedRow, Tables } from '../../checks/tables';
import type { Templates } from '../../checks/template';
import type { Agent } from '../../core/agent';
import type { AgentKeys } from '../../ledger/archive/agent-keys';
import type { ArchiveBucket } from '../../ledger/archive/archive-bucket';
import type { FleetInfo } from '../../local/local-account';
import type { DeployedStack } from './deployed-stack';

/** How a fleet on AWS is named; without a stack it is the one that runs here. */
export interface PlaceOptions {
  readonly stack?: string;
  readonly region?: string;
  readonly profile?: string;
}

/** A fleet that operators look after: one that runs here, or one that is deployed. */
export interface Place {
  /** That of the account that runs here, which is looked through in no time. */
  readonly isLocal: boolean;
  /** How a command that is told to somebody names this place again, with a space before it; empty for the fleet that runs here. */
  readonly flags: string;
  readonly fleet: string;
  /** Where agents connect to `/{server}/mcp`. */
  readonly baseUrl: string;
  readonly servers: readonly string[];
  /** Names in construct code. */
  readonly agents: readonly string[];
  /** Names of its tables. */
  readonly names: FleetInfo['tables'];
  readonly dynamodb: DynamoDBClient;
  readonly tables: Tables;
  readonly templates: () => Promise<Templates['templates']>;
  /** What construct code grants; undefined for a deployed stack, of which only the file of grants tells it. */
  readonly grantedInCode: () => Promise<readonly Grant[] | undefined>;
  /** Undefined where it has none. */
  readonly archive: () => Promise<ArchiveBucket | undefined>;
  /** By which what is personal in the archive is read; undefined where it has none. */
  readonly agentKeys: AgentKeys | undefined;
  /** ECS task ids of what runs. */
  readonly instances: () => Promise<ReadonlySet<string>>;
  /** Who an agent is to the fleet. Rejects with a CommandError, or a LocalAccountError, for one that it does not have. */
  readonly principal: (agent: string) => Promise<Agent>;
}

/** A place on AWS, and the stack that it was found by. */
export interface DeployedPlace extends Place {
  readonly isLocal: false;
  readonly stack: DeployedStack;
  /** Name of the ECS cluster. */
  readonly cluster: string;
  /** Those of its servers that stand in other stacks. */
  readonly listed: readonly ListedRow[];
}

/** Whether it is on AWS. */
export function isDeployed(place: Place): place is DeployedPlace {
  return !place.isLocal;
}
