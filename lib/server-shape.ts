import { SERVER_CHECKS } from './check-shape';
import { duration, flag, having, listOf, made, mapOf, number, oneOf, optional, type Shape, struct, text, unshown } from './kinds';
import { ServerMethod } from './server-method';
import {
  type AddServerProps,
  Affinity,
  type CallGrantProps,
  OnLoss,
  type RecoveryOptions,
  type ScalingOptions,
  type SessionOptions,
} from './server-props';
import { ServerRuntime } from './server-runtime';
import { ServerSecret } from './server-secret';
import { TASK_SIZE } from './task-size';
import { asProperty } from './tool-names';
import { ToolPolicy } from './tool-policy';

const SESSIONS: Shape<SessionOptions> = {
  perInstance: optional(number()),
  onLoss: optional(oneOf(OnLoss, 'OnLoss')),
  affinity: optional(oneOf(Affinity, 'Affinity')),
};
const SCALING: Shape<ScalingOptions> = {
  minInstances: optional(number()),
  maxInstances: optional(number()),
  targetUtilization: optional(number()),
};
const RECOVERY: Shape<RecoveryOptions> = { attempts: optional(number()), within: optional(duration) };

export const ADD_SERVER: Shape<AddServerProps> = {
  runtime: made(ServerRuntime),
  sessions: optional(struct(SESSIONS)),
  scaling: optional(struct(SCALING)),
  tools: optional(mapOf(made(ToolPolicy), asProperty, 'Write { name: ToolPolicy.readOnly(), … }.')),
  methods: optional(listOf(made(ServerMethod))),
  finalErrors: optional(listOf(number('Write the `code` of the JSON-RPC errors (JSON-RPC 2.0, section 5.1).'))),
  outcomeTool: optional(flag),
  trustAnnotations: optional(flag),
  recovery: optional(struct(RECOVERY)),
  secrets: optional(unshown(listOf(made(ServerSecret)))),
  environment: optional(unshown(mapOf(text(), asProperty, "Write { NAME: 'value', … }."))),
  taskSize: optional(struct(TASK_SIZE)),
  drain: optional(duration),
  checks: optional(struct(SERVER_CHECKS)),
};

export const CALL_GRANT: Shape<CallGrantProps> = {
  tools: listOf(text('Write the name as the server lists it.'), "Name the tools, or ['*'] for all of them."),
  expires: optional(having('isAfter', 'an Expiration', 'Write Expiration.atDate(…), of aws-cdk-lib.')),
};
