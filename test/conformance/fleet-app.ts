import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type McpFleet, type McpServer, ServerRuntime, ServerSecret } from '../../lib';
import type { FleetApp } from '../suites/fleet-app';
import { ENVIRONMENT } from './direct-servers';
import type { Programs } from './programs';
import { SERVERS } from './requirement-sets';

/** Name of the agent that the suites are. */
export const AGENT = 'suite';
/** Name of the server that stands for the servers of client scenarios. */
export const RELAY = 'relay';

/**
 * Three servers. No tool is declared, so each counts as state-changing: every call of the suites is claimed in the ledger
 * before it is sent, the longest way there is.
 * @param relayTo origin that the relay passes everything on to
 */
export function conformanceFleet(programs: Programs, relayTo: string): FleetApp {
  return {
    name: 'conformance',
    agents: [AGENT],
    servers: (fleet, stack) => [
      ...addEverything(stack, fleet, programs['everything-server']),
      addRelay(fleet, programs['relay-server'], relayTo),
    ],
  };
}

/** The everything-server, with and without a look at headers, and what all their instances share. */
function addEverything(stack: Stack, fleet: McpFleet, directory: string): McpServer[] {
  // Any instance may get the next round of a call: they sign its state with one key.
  const stateKey = new Secret(stack, 'StateKey', {
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // Any instance may be asked for a change while another holds the stream that is to be told.
  const changes = new TableV2(stack, 'Changes', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    billing: Billing.onDemand(),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return SERVERS.map((name) => {
    const server = fleet.addServer(name, {
      runtime: ServerRuntime.http({ directory, port: 3000 }),
      scaling: { minInstances: 2, maxInstances: 4 },
      environment: { CHANGES_TABLE: changes.tableName, ...ENVIRONMENT[name] },
      secrets: [ServerSecret.environment('STATE_KEY', stateKey)],
    });
    changes.grant(server, 'dynamodb:PutItem', 'dynamodb:Scan');
    return server;
  });
}

function addRelay(fleet: McpFleet, directory: string, relayTo: string): McpServer {
  return fleet.addServer(RELAY, {
    runtime: ServerRuntime.http({ directory, port: 3000 }),
    scaling: { minInstances: 2, maxInstances: 4 },
    environment: { UPSTREAM: relayTo },
  });
}
