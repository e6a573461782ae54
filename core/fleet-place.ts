/** Description of the output by which a stack tells where its fleet is (CloudFormation, DescribeStacks). */
export const PLACE_DESCRIPTION = 'Where operators find this MCP fleet: mcp-fleet --stack reads it.';

/** What that output says, as JSON: names and addresses that nobody knows before CloudFormation has made them. */
export interface FleetPlace {
  readonly fleet: string;
  /** Base URL for agents, without a trailing slash. */
  readonly url: string;
  readonly issuer: string;
  /** Name of the ECS cluster. */
  readonly cluster: string;
  readonly ledgerTable: string;
  readonly directoryTable: string;
  readonly allowlistTable: string;
  readonly archiveBucket: string;
  /** Absent in a fleet of a version whose archive has no keys of agents. */
  readonly agentKeysTable?: string;
}
