import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { agentKeysOf } from '../../checks/archive';
import { type ListedRow, type Tables, tablesBy } from '../../checks/tables';
import type { FleetPlace } from '../../core/fleet-place';
import { ArchiveBucket } from '../../ledger/archive/archive-bucket';
import { CommandError, EXIT } from '../exit';
import { choice } from '../program';
import { terminal } from '../terminal';
import { entryOf } from './agents';
import { type DeployedStack, deployedStack } from './deployed-stack';
import { runningTasks } from './deployed-tasks';
import type { DeployedPlace, PlaceOptions } from './place';

/** The fleet of a stack on AWS. @throws CommandError where the stack holds none, or several and none of them is named */
export async function deployedPlace({ stack: name, region, profile }: PlaceOptions & { readonly stack: string }): Promise<DeployedPlace> {
  // Every client of the SDK reads these, and a profile may name endpoints, roles and a region of its own.
  if (profile !== undefined) process.env.AWS_PROFILE = profile;
  if (region !== undefined) process.env.AWS_REGION = region;
  const stack = await deployedStack(name);
  const { fleet, url, cluster, ledgerTable, directoryTable, allowlistTable, archiveBucket, agentKeysTable } = placeIn(stack);
  const { Metadata } = await stack.template();
  const facts = (Metadata?.['cdk-mcp-fleet'] as { readonly fleets?: Readonly<Record<string, NamedFacts>> } | undefined)?.fleets?.[fleet];
  const names = {
    ledger: ledgerTable,
    directory: directoryTable,
    allowlist: allowlistTable,
    ...(agentKeysTable !== undefined && { agentKeys: agentKeysTable }),
  };
  const dynamodb = new DynamoDBClient({});
  const tables = tablesBy(dynamodb, names);
  const listed = await listedIn(tables);
  const place: DeployedPlace = {
    isLocal: false,
    flags: flagsOf({ stack: name, region, profile }),
    stack,
    cluster,
    fleet,
    baseUrl: url,
    servers: [...(facts?.servers ?? []), ...listed.map(({ name: server }) => server)],
    listed,
    agents: Object.keys(facts?.agents ?? {}),
    names,
    dynamodb,
    tables,
    templates: async () => ({ [name]: await stack.template() }),
    grantedInCode: async () => undefined,
    archive: async () => new ArchiveBucket(new S3Client({}), archiveBucket),
    agentKeys: agentKeysOf(dynamodb, names),
    instances: async () => new Set((await runningTasks(place)).map(({ task }) => task)),
    principal: async (agent) => {
      const { issuer, subject } = entryOf(agent, await tables.allowlist());
      return { issuer, subject };
    },
  };
  return place;
}

/** A role that was granted by a fleet of the version before may not ask: it sees what it saw, and hears of it. */
async function listedIn(tables: Tables): Promise<readonly ListedRow[]> {
  try {
    return await tables.listedServers();
  } catch (error) {
    if ((error as Error).name !== 'AccessDeniedException') throw error;
    terminal(true).narrate(
      'servers of other stacks are not told: this role may not read their list, and can as soon as the fleet is deployed again',
    );
    return [];
  }
}

function flagsOf(options: PlaceOptions): string {
  return Object.entries(options)
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${value}`))
    .join('');
}

/** What of a template's Metadata holds no reference. */
interface NamedFacts {
  readonly servers?: readonly string[];
  readonly agents?: Readonly<Record<string, unknown>>;
}

function placeIn({ name, places }: DeployedStack): FleetPlace {
  const { fleet: chosen } = choice();
  const [place, ...others] = chosen === undefined ? places : places.filter(({ fleet }) => fleet === chosen);
  const all = places.map(({ fleet }) => fleet).join(', ');
  if (place === undefined) {
    const what = places.length === 0 ? 'holds no MCP fleet' : `holds no fleet "${chosen}"`;
    const fix = places.length === 0 ? 'a fleet of this version says in an output of its stack where it is' : `it holds ${all}`;
    throw new CommandError(EXIT.USAGE, `The stack "${name}" ${what}.`, fix);
  }
  if (others.length > 0)
    throw new CommandError(EXIT.USAGE, `The stack "${name}" holds ${places.length} fleets.`, `name one: --fleet ${all}`);
  return place;
}
