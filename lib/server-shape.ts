import { ApprovedTools } from './approved-tools';
import { Argument } from './argument';
import { CallLimit } from './call-limit';
import { SERVER_CHECKS } from './check-shape';
import { duration, flag, having, listOf, made, mapOf, number, oneOf, optional, type Shape, struct, text, unshown } from './kinds';
import { LOG_GROUP } from './log-group-kind';
import { ServerMethod } from './server-method';
import {
  type AddServerProps,
  Affinity,
  type CallDenialProps,
  type CallGrantProps,
  OnLoss,
  type QueueOptions,
  type RecoveryOptions,
  type ScalingOptions,
  type SessionOptions,
} from './server-props';
import { ServerRuntime } from './server-runtime';
import { ServerSecret } from './server-secret';
import { TASK_SIZE } from './task-size';
import { asProperty } from './tool-names';
import { ToolPolicy } from './tool-policy';

const QUEUE: Shape<QueueOptions> = { length: optional(number()), wait: optional(duration) };
const SESSIONS: Shape<SessionOptions> = {
  perInstance: optional(number()),
  warm: optional(number()),
  onLoss: optional(oneOf(OnLoss, 'OnLoss')),
  affinity: optional(oneOf(Affinity, 'Affinity')),
  queue: optional(struct(QUEUE)),
};
const SCALING: Shape<ScalingOptions> = {
  minInstances: optional(number()),
  maxInstances: optional(number()),
  targetUtilization: optional(number()),
  scaleToZeroAfter: optional(duration),
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
  approvedTools: optional(made(ApprovedTools)),
  recovery: optional(struct(RECOVERY)),
  secrets: optional(unshown(listOf(made(ServerSecret)))),
  environment: optional(unshown(mapOf(text(), asProperty, "Write { NAME: 'value', … }."))),
  logGroup: optional(LOG_GROUP),
  serverLogGroup: optional(LOG_GROUP),
  taskSize: optional(struct(TASK_SIZE)),
  longestCall: optional(duration),
  listenAge: optional(duration),
  deregistrationDelay: optional(duration),
  drain: optional(duration),
  startGrace: optional(duration),
  deployWithin: optional(duration),
  checks: optional(struct(SERVER_CHECKS)),
};

export const CALL_DENIAL: Shape<CallDenialProps> = {
  tools: optional(listOf(text('Write the name as the server lists it.'), "Name the tools, or ['*'] for all of them.")),
  resources: optional(listOf(text("Write a URI, such as 'docs://handbook/*'."), "Write URIs, or ['*'] for all of them.")),
  prompts: optional(listOf(text('Write the name as the server lists it.'), "Name the prompts, or ['*'] for all of them.")),
  expires: optional(having('isAfter', 'an Expiration', 'Write Expiration.atDate(…), of aws-cdk-lib.')),
};

const CONDITIONS = mapOf(made(Argument), asProperty, 'Write { argument: Argument.atMost(…), … }.');

export const CALL_GRANT: Shape<CallGrantProps> = {
  ...CALL_DENIAL,
  when: optional(mapOf(CONDITIONS, asProperty, 'Write { tool: { argument: Argument.atMost(…) }, … }.')),
  limits: optional(mapOf(made(CallLimit), asProperty, 'Write { tool: CallLimit.perHour(…), … }.')),
};
