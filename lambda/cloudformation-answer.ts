import type { MiddlewareObj } from '@middy/core';
import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from 'aws-lambda';
import { assertTrusted, isTrusted } from './trusted-address';

/** What a custom resource's handler gives back. */
export interface ResourceResult {
  readonly physicalResourceId: string;
  /** Attributes for `Fn::GetAtt`. */
  readonly data?: Readonly<Record<string, string>>;
}

const ATTEMPTS = 3;
const TIMEOUT_MS = 5_000;
/** CloudFormation refuses a response of more than 4096 bytes (custom resource response objects). */
const MAX_REASON_CHARACTERS = 1_000;

/**
 * Answers CloudFormation in every case, because a stack waits an hour for an answer that does not come.
 * An error of the handler becomes FAILED with its message as Reason and counts as handled; only an answer that
 * cannot be delivered fails the invocation, so that Lambda tries it again.
 */
export function answerCloudFormation(): MiddlewareObj<CloudFormationCustomResourceEvent, ResourceResult> {
  return {
    before: ({ event }) => {
      assertTrusted(event.ResponseURL, 'ResponseURL');
    },
    after: async ({ event, response }) => {
      await put(event, { Status: 'SUCCESS', PhysicalResourceId: response?.physicalResourceId ?? '', Data: response?.data });
    },
    onError: async (request) => {
      const { event, error } = request;
      // Nothing is sent to an address that is not trusted, and no second, contradicting answer after one that may have arrived.
      if (error instanceof DeliveryError || !isTrusted(event.ResponseURL)) return;
      // A Create that failed before it had an id still needs one: CloudFormation deletes it by that id.
      const id = 'PhysicalResourceId' in event ? event.PhysicalResourceId : `failed-${event.RequestId}`;
      const reason = (error?.message ?? 'unknown error').slice(0, MAX_REASON_CHARACTERS);
      try {
        await put(event, { Status: 'FAILED', Reason: reason, PhysicalResourceId: id });
        request.response = { physicalResourceId: id };
      } catch (undelivered) {
        request.error = undelivered as Error;
      }
    },
  };
}

class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

type Answer = Pick<CloudFormationCustomResourceResponse, 'Status' | 'PhysicalResourceId' | 'Data'> & { Reason?: string };

async function put(event: CloudFormationCustomResourceEvent, answer: Answer): Promise<void> {
  const { StackId, RequestId, LogicalResourceId } = event;
  const body = JSON.stringify({ ...answer, StackId, RequestId, LogicalResourceId });
  let problem = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      // The URL is signed for an empty content type.
      const response = await fetch(event.ResponseURL, {
        method: 'PUT',
        body,
        headers: { 'content-type': '' },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) return;
      problem = `status ${response.status}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  throw new DeliveryError(`CloudFormation could not be answered in ${ATTEMPTS} attempts: ${problem}`);
}
