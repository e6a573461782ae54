import type { ExecutionsProbe, ProbeCall, ReadProbe, ServerChecks, WriteProbe } from '../core/server-checks';
import { json, mapOf, optional, type Shape, struct, text } from './kinds';

const EXPRESSION = text('Write it as JSONata.');

const CALL: Shape<ProbeCall> = {
  tool: text('Write the name as the server lists it.'),
  arguments: optional(mapOf(json, String, 'Write the arguments of the tool by name.')),
};
const READ: Shape<ReadProbe> = { ...CALL, expect: optional(EXPRESSION) };
const EXECUTIONS: Shape<ExecutionsProbe> = { ...CALL, count: EXPRESSION };
const WRITE: Shape<WriteProbe> = { ...CALL, executions: struct(EXECUTIONS) };

export const SERVER_CHECKS: Shape<ServerChecks> = {
  read: optional(struct(READ)),
  write: optional(struct(WRITE)),
  lasting: optional(struct(WRITE)),
  failing: optional(struct(CALL)),
  leak: optional(struct(READ)),
};
