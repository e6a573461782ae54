import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { AwsError, notImplemented } from './aws-error';
import type { AwsCall, AwsService } from './aws-service';
import { boundedBody } from './bounded-body';
import { QueryFields } from './query-request';
import { element, type XmlContent } from './xml';

/** One action of an API that speaks the query protocol. */
export interface QueryOperation {
  /** The parameters that it knows, those without a meaning here included; any other is refused by name. */
  readonly takes: readonly string[];
  /** @returns what stands in its result; nothing for an action that has none */
  answer(request: QueryFields, call: AwsCall): Promise<XmlContent> | XmlContent;
}

export type QueryOperations = Readonly<Record<string, QueryOperation>>;

interface QueryApi {
  /** As in names of IAM actions, such as `cloudformation`. */
  readonly name: string;
  readonly namespace: string;
  readonly operations: QueryOperations;
}

/** Serves an API of the query protocol: a form in, XML out. */
export function queryService({ name, namespace, operations }: QueryApi): AwsService {
  return async (call) => {
    const { request, response } = call;
    try {
      if (request.method !== 'POST') throw notImplemented(`${name} by ${request.method}`);
      const fields = QueryFields.parse((await boundedBody(request)).toString());
      const action = fields.text('Action') ?? 'without an Action';
      const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
      if (operation === undefined) throw notImplemented(`${name}:${action}`);
      const strange = fields.names.filter((given) => !['Action', 'Version', ...operation.takes].includes(given));
      if (strange.length > 0) throw notImplemented(`${strange.join(', ')} of ${name}:${action}`);
      const result = await operation.answer(fields, call);
      const id = randomUUID();
      const inner = element(`${action}Result`, result ?? {}, 'members') + element('ResponseMetadata', { RequestId: id }, 'members');
      send(response, 200, id, `<${action}Response xmlns="${namespace}">${inner}</${action}Response>`);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const id = randomUUID();
      const content = { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message };
      const inner = element('Error', content, 'members') + element('RequestId', id, 'members');
      send(response, error.status, id, `<ErrorResponse xmlns="${namespace}">${inner}</ErrorResponse>`);
    }
  };
}

function send(response: ServerResponse, status: number, id: string, body: string): void {
  response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': id, ...(status === 413 && { connection: 'close' }) });
  response.end(body);
}
