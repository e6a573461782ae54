import { McpFleet } from 'cdk-mcp-fleet';
import { recoveringFetch } from 'cdk-mcp-fleet/client';

console.log(typeof McpFleet, typeof recoveringFetch);
