import { BatchExecuteStatement$, type DynamoDBClient, GetItem$, PutItem$, Query$, UpdateItem$ } from '@aws-sdk/client-dynamodb';
import { HttpResponse } from '@smithy/core/protocols';
import { operation as schemaOf } from '@smithy/core/schema';
import type { $ClientProtocol, $OperationSchema, SdkError } from '@smithy/types';
import type { Answer } from './exchange';
import type { Operation } from './table-client';

const SCHEMAS = {
  PutItem: PutItem$,
  UpdateItem: UpdateItem$,
  GetItem: GetItem$,
  Query: Query$,
  BatchExecuteStatement: BatchExecuteStatement$,
};

/** The error by which the SDK's client would reject after this answer: a refusal, or a body that says nothing. The SDK reads it. */
export async function refusalIn(answer: Answer, operation: Operation, { config }: Pick<DynamoDBClient, 'config'>): Promise<SdkError> {
  const response = new HttpResponse({ statusCode: answer.status, headers: answer.headers as Record<string, string>, body: answer.body });
  const [, namespace, name, traits, input, output] = SCHEMAS[operation];
  try {
    const protocol = config.protocol as $ClientProtocol<unknown, HttpResponse>;
    const schema = schemaOf(namespace, name, traits, input, output) as $OperationSchema;
    const read = await protocol.deserializeResponse(schema, config as never, response);
    return new Error(`${operation} was answered with what cannot be read: ${JSON.stringify(read)}`) as SdkError;
  } catch (error) {
    const metadata = { $metadata: { httpStatusCode: answer.status } };
    Object.defineProperty(error, '$response', { value: response, configurable: true });
    return Object.assign(error as SdkError, '$metadata' in (error as object) ? {} : metadata);
  }
}
