import { randomUUID } from 'node:crypto';
import { AwsError, notImplemented } from './aws-error';
import type { AwsCall, AwsService } from './aws-service';
import { boundedBody } from './bounded-body';

export type JsonRequest = Readonly<Record<string, unknown>>;
/** By the name that stands behind the last dot of `X-Amz-Target`. */
export type JsonOperations = Readonly<Record<string, (request: JsonRequest, call: AwsCall) => Promise<object> | object>>;

/** Serves an API of the JSON protocol (1.1). */
export function jsonService(name: string, operations: JsonOperations): AwsService {
  return async (call) => {
    const { request, response } = call;
    const send = (status: number, body: object, type?: string): void => {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
      response.writeHead(status, { ...headers, ...(type !== undefined && { 'x-amzn-errortype': type }) }).end(JSON.stringify(body));
    };
    try {
      const action = String(request.headers['x-amz-target'] ?? 'without a target').replace(/^.*\./, '');
      const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
      if (operation === undefined) throw notImplemented(`${name}:${action}`);
      send(200, await operation(parseJson((await boundedBody(request)).toString()), call));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      send(error.status, { __type: error.code, message: error.message }, error.code);
    }
  };
}

/** A body; an empty one says nothing. */
export function parseJson(text: string): JsonRequest {
  try {
    const request: unknown = JSON.parse(text || '{}');
    if (typeof request === 'object' && request !== null && !Array.isArray(request)) return request as JsonRequest;
  } catch {
    // Said below.
  }
  throw new AwsError('SerializationException', 'The body is no JSON object.');
}

export function textOf(request: JsonRequest, name: string): string | undefined {
  const value = request[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new AwsError('SerializationException', `${name} is no text.`);
  return value;
}

export function requiredText(request: JsonRequest, name: string): string {
  const value = textOf(request, name);
  if (value === undefined) throw new AwsError('ValidationException', `${name} is missing.`);
  return value;
}

/** A list of objects or texts; empty where it is absent. */
export function listOf(request: JsonRequest, name: string): readonly unknown[] {
  const value = request[name] ?? [];
  if (!Array.isArray(value)) throw new AwsError('SerializationException', `${name} is no list.`);
  return value;
}

export function structureOf(request: JsonRequest, name: string): JsonRequest | undefined {
  const value = request[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new AwsError('SerializationException', `${name} is no structure.`);
  return value as JsonRequest;
}
