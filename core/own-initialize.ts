/** What the fleet says of itself where it opens a session of its own: params of `initialize`. */
export const OWN_INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'cdk-mcp-fleet', version: '1' },
} as const;
