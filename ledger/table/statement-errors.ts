import type { BatchStatementError, BatchStatementErrorCodeEnum } from '@aws-sdk/client-dynamodb';

/** What is to be done about a row whose statement failed in a batch that was done. */
export type Remedy = 'again' | 'alone' | 'look' | 'give up';

interface Meaning {
  readonly remedy: Remedy;
  /** The error of a single write that means the same. */
  readonly name: string;
}

/**
 * DynamoDB API Reference, BatchStatementError. Who may not insert may perhaps put, and what is no valid statement may be a valid
 * row: both are written alone.
 */
const MEANINGS: Readonly<Record<BatchStatementErrorCodeEnum, Meaning>> = {
  DuplicateItem: { remedy: 'look', name: 'DuplicateItemException' },
  AccessDenied: { remedy: 'alone', name: 'AccessDeniedException' },
  ValidationError: { remedy: 'alone', name: 'ValidationException' },
  InternalServerError: { remedy: 'again', name: 'InternalServerError' },
  ProvisionedThroughputExceeded: { remedy: 'again', name: 'ProvisionedThroughputExceededException' },
  RequestLimitExceeded: { remedy: 'again', name: 'RequestLimitExceeded' },
  ThrottlingError: { remedy: 'again', name: 'ThrottlingException' },
  TransactionConflict: { remedy: 'again', name: 'TransactionConflictException' },
  ConditionalCheckFailed: { remedy: 'give up', name: 'ConditionalCheckFailedException' },
  ItemCollectionSizeLimitExceeded: { remedy: 'give up', name: 'ItemCollectionSizeLimitExceededException' },
  ResourceNotFound: { remedy: 'give up', name: 'ResourceNotFoundException' },
};

/** Errors of a whole batch by which nothing was done, and each row may still be written alone. */
const REFUSED = new Set(['AccessDeniedException', 'ValidationException', 'UnknownOperationException']);

export function remedyFor({ Code }: BatchStatementError): Remedy {
  return Code === undefined ? 'again' : (MEANINGS[Code]?.remedy ?? 'give up');
}

/** Whether a table does not take statements, of ours or at all. */
export function refusesStatements(error: unknown): boolean {
  return REFUSED.has((error as Error).name);
}

/** A statement's error as that of a single write. */
export function errorOf({ Code, Message = 'the table does not say why' }: BatchStatementError): Error {
  const name = Code === undefined ? 'UnknownError' : (MEANINGS[Code]?.name ?? Code);
  return Object.assign(new Error(Message), { name, $metadata: { httpStatusCode: name === 'InternalServerError' ? 500 : 400 } });
}
