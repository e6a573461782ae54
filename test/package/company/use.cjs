const { McpFleet } = require('cdk-mcp-fleet');
const { recoveringFetch } = require('cdk-mcp-fleet/client');
console.log(typeof McpFleet, typeof recoveringFetch);
