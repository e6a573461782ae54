import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AwsError } from './aws-error';
import { signedService } from './aws-service';
import { element } from './xml';

/** Services whose answers are XML although their requests are no forms. */
const XML_SERVICES = ['s3', 'route53', 'cloudfront'];

/** Says an error to a client of any service, in the protocol that its request is in: else it would only see that it cannot read it. */
export function refuseAs(request: IncomingMessage, response: ServerResponse, { code, message, status }: AwsError): void {
  const service = signedService(request.headers.authorization) ?? '';
  const isForm = String(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  if (!isForm && !XML_SERVICES.includes(service)) {
    response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': code });
    response.end(JSON.stringify({ __type: code, message }));
    return;
  }
  const error = element('Error', { Code: code, Message: message }, 'flattened');
  response.writeHead(status, { 'content-type': 'text/xml' }).end(inEnvelope(error, service));
}

function inEnvelope(error: string, service: string): string {
  const id = element('RequestId', randomUUID(), 'flattened');
  if (service === 's3') return error;
  if (service === 'ec2') return `<Response><Errors>${error}</Errors>${id}</Response>`;
  return `<ErrorResponse>${error}${id}</ErrorResponse>`;
}
