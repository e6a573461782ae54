export type { ExecutionsProbe, ProbeCall, ReadProbe, ServerChecks, WriteProbe } from '../core/server-checks';
export { AgentIdentity, type CognitoIdentityProps, type OidcIdentityProps } from './agent-identity';
export { FleetEdge, type InternalEdgeProps, type PublicAlbEdgeProps } from './fleet-edge';
export type { McpFleetProps } from './fleet-props';
export type { GatewayOptions } from './gateway-service';
export { type AddAgentProps, McpAgent } from './mcp-agent';
export { McpFleet } from './mcp-fleet';
export { McpServer } from './mcp-server';
export { Reconcile, type ReconcileProps } from './reconcile';
export { ServerMethod, type ServerRequestProps } from './server-method';
export {
  type AddServerProps,
  Affinity,
  type CallGrantProps,
  OnLoss,
  type RecoveryOptions,
  type ScalingOptions,
  type SessionOptions,
  type TaskSize,
} from './server-props';
export { type HttpRuntimeProps, type RemoteRuntimeProps, ServerRuntime, type StdioRuntimeProps } from './server-runtime';
export { ServerSecret } from './server-secret';
export { KeyPolicy, type StateChangingToolProps, ToolPolicy } from './tool-policy';
