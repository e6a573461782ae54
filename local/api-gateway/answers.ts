import type { ServerResponse } from 'node:http';
import type { ApiSnapshot } from './rest-api';

/** Answers of API Gateway itself ("Gateway response types"): status and message where the API says nothing else. */
const ANSWERS = {
  UNAUTHORIZED: [401, 'Unauthorized'],
  ACCESS_DENIED: [403, 'User is not authorized to access this resource with an explicit deny'],
  MISSING_AUTHENTICATION_TOKEN: [403, 'Missing Authentication Token'],
  AUTHORIZER_FAILURE: [500, 'null'],
  AUTHORIZER_CONFIGURATION_ERROR: [500, 'null'],
  REQUEST_TOO_LARGE: [413, 'Request Too Long'],
  INTEGRATION_TIMEOUT: [504, 'Endpoint request timed out'],
  INTEGRATION_FAILURE: [504, 'Network error communicating with endpoint'],
} as const;

export type AnswerType = keyof typeof ANSWERS;

/** Gives such an answer, as the API declares it. */
export function answerWith(type: AnswerType, { answers }: Pick<ApiSnapshot, 'answers'>, response: ServerResponse, requestId: string): void {
  const [status, message] = ANSWERS[type];
  const declared = answers.get(type) ?? answers.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  const body = declared?.template ?? JSON.stringify({ message });
  response
    .writeHead(declared?.status ?? status, {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': `${type}Exception`,
      ...declared?.headers,
    })
    .end(body.replaceAll('$context.error.message', message).replaceAll('$context.requestId', requestId));
}
