import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call } from '../iam/iam';
import { AwsError } from './aws-error';

/** One request to one service of the account, whose signer is known. */
export interface AwsCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** A program of the account, or whoever runs it. */
  readonly signer: 'program' | 'operator';
  /** Of the credentials; another than the account's own after AssumeRole of a role there. */
  readonly account: string;
  /** Why the signer may not do something more that an answer would tell of; absent where nobody is judged. */
  readonly refusalOf?: (call: Call) => string | undefined;
}

/** Answers every request to one service; rejects with an {@link AwsError} only where nothing of the answer is written. */
export type AwsService = (call: AwsCall) => Promise<void>;

/** By the name of the service in a signature's credential scope. */
export type AwsServices = ReadonlyMap<string, AwsService>;

/** What an endpoint serves beside its own. */
export interface AwsApi {
  /** Of credentials that are no session of a role. */
  readonly account: string;
  readonly services: AwsServices;
}

/** The service that a request was signed for (Signature Version 4: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`). */
export function signedService(authorization: string | undefined): string | undefined {
  return /Credential=[^/,\s]+\/\d{8}\/[\w-]+\/([\w-]+)\/aws4_request/.exec(authorization ?? '')?.[1];
}

/** What an API asks of a client whose body is not what the protocol says. */
export function malformed(what: string): AwsError {
  return new AwsError('MalformedQueryString', `The request is malformed: ${what}.`);
}
