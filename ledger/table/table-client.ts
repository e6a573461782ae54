import type {
  BatchExecuteStatementInput,
  BatchExecuteStatementOutput,
  GetItemInput,
  GetItemOutput,
  PutItemInput,
  PutItemOutput,
  QueryInput,
  QueryOutput,
  UpdateItemInput,
  UpdateItemOutput,
} from '@aws-sdk/client-dynamodb';

/** What is asked of a table by each hot operation, and what it answers: DynamoDB's own JSON. Values of ours are never binary. */
export interface Operations {
  readonly PutItem: { readonly input: PutItemInput; readonly output: PutItemOutput };
  readonly UpdateItem: { readonly input: UpdateItemInput; readonly output: UpdateItemOutput };
  readonly GetItem: { readonly input: GetItemInput; readonly output: GetItemOutput };
  readonly Query: { readonly input: QueryInput; readonly output: QueryOutput };
  readonly BatchExecuteStatement: { readonly input: BatchExecuteStatementInput; readonly output: BatchExecuteStatementOutput };
}

export type Operation = keyof Operations;

/** Sends one operation, with all its attempts. `limited` of the gateway wraps one as it wraps a client of the SDK. */
export interface TableSender {
  /** @throws whatever a client of the SDK v3 would: `ConditionalCheckFailedException` with its `Item`, a `TimeoutError`, … */
  send<O extends Operation>(
    request: { readonly operation: O; readonly input: Operations[O]['input'] },
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<Operations[O]['output']>;
}

/** The operations that a call of an agent waits for; each rejects as a client of the SDK v3 does. */
export interface TableClient {
  putItem(input: PutItemInput): Promise<PutItemOutput>;
  updateItem(input: UpdateItemInput): Promise<UpdateItemOutput>;
  getItem(input: GetItemInput): Promise<GetItemOutput>;
  query(input: QueryInput): Promise<QueryOutput>;
  batchExecuteStatement(input: BatchExecuteStatementInput): Promise<BatchExecuteStatementOutput>;
}

export function tableOf(sender: TableSender): TableClient {
  return {
    putItem: (input) => sender.send({ operation: 'PutItem', input }),
    updateItem: (input) => sender.send({ operation: 'UpdateItem', input }),
    getItem: (input) => sender.send({ operation: 'GetItem', input }),
    query: (input) => sender.send({ operation: 'Query', input }),
    batchExecuteStatement: (input) => sender.send({ operation: 'BatchExecuteStatement', input }),
  };
}
