export type { ExecutionsProbe, ProbeCall, ReadProbe, ServerChecks, WriteProbe } from '../core/server-checks';
export { AgentIdentity, type CognitoIdentityProps, type OidcIdentityProps } from './agent-identity';
export { ApprovedTools, type ApprovedToolsProps, UnapprovedTools } from './approved-tools';
export { Argument } from './argument';
export { CallLimit } from './call-limit';
export { DeclaredGrant } from './declared-grant';
export type { McpFleetAttributes } from './fleet-attributes';
export { type ApiGatewayEdgeProps, FleetEdge, type InternalEdgeProps, type ListenerEdgeProps, type PublicAlbEdgeProps } from './fleet-edge';
export type {
  AuditOptions,
  DeletionProtectionOptions,
  FunctionLogGroups,
  FunctionOptions,
  McpFleetProps,
  ReservedConcurrencyOptions,
  SessionBudgetOptions,
} from './fleet-props';
export type { IMcpFleet } from './fleet-site';
export type { GatewayOptions, RequestLimits } from './gateway-options';
export { type AddAgentProps, McpAgent, type McpAgentAttributes } from './mcp-agent';
export { McpFleet } from './mcp-fleet';
export { McpServer } from './mcp-server';
export type { McpServerProps } from './mcp-server-props';
export { Reconcile, type ReconcileProps } from './reconcile';
export { type AgentClient, type ClientCredentialsProps, type HeaderCredentialOptions, ServerCredential } from './server-credential';
export { ServerMethod, type ServerRequestProps } from './server-method';
export {
  type AddServerProps,
  Affinity,
  type CallDenialProps,
  type CallGrantProps,
  OnLoss,
  type QueueOptions,
  type RecoveryOptions,
  type ScalingOptions,
  type SessionOptions,
  type TaskSize,
} from './server-props';
export { type HttpRuntimeProps, type RemoteRuntimeProps, ServerRuntime, type StdioRuntimeProps } from './server-runtime';
export { ServerSecret } from './server-secret';
export { KeyPolicy, type ReadOnlyToolProps, type StateChangingToolProps, ToolPolicy } from './tool-policy';
