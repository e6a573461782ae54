import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { askedOf, type Known } from '../iam/asked/asked';
import type { Iam } from '../iam/iam';
import type { RoleSession } from '../iam/principal';
import { AwsError } from './aws-error';
import type { AwsCall } from './aws-service';
import { boundedBody } from './bounded-body';

/** Largest code of a function that comes in a request (Lambda quotas), as base64. */
const LARGEST = 70 * 1024 * 1024;

/** A request that may be answered, to be read from its beginning. */
export interface Admitted {
  readonly request: IncomingMessage;
  /** What may be asked: all where it was judged; of a role that no template makes, what programs need. */
  readonly signer: AwsCall['signer'];
}

/**
 * Lets a request of a role pass, where its policies do.
 * @throws AwsError AccessDeniedException; of S3, and of APIs by forms, AccessDenied
 */
export async function admit(request: IncomingMessage, service: string, session: RoleSession, iam: Iam, known: Known): Promise<Admitted> {
  const { region, account } = iam.options;
  const isObjects = service === 's3';
  // Objects may be large, and nothing of them tells what is asked.
  const content = isObjects ? undefined : await boundedBody(request, LARGEST);
  const signer = iam.judges(session) ? 'operator' : 'program';
  const refusal = iam.authorize(session, askedOf(service, { request, body: content?.toString() ?? '', region, account }, known));
  if (refusal !== undefined) throw refused(service, refusal);
  return { request: content === undefined ? request : replayed(request, content), signer };
}

function refused(service: string, text: string): AwsError {
  if (['s3', 'cloudformation', 'sts'].includes(service)) return new AwsError('AccessDenied', text, 403);
  return new AwsError('AccessDeniedException', text, service === 'lambda' ? 403 : 400);
}

function replayed({ method, url, headers }: IncomingMessage, content: Buffer): IncomingMessage {
  return Object.assign(Readable.from(content.length > 0 ? [content] : []), { method, url, headers }) as unknown as IncomingMessage;
}
