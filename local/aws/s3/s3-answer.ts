import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AwsError } from '../aws-error';
import { element, type XmlContent } from '../xml';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** What answers one request: a document, or headers alone. */
export interface S3Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Name and content of the document's root. */
  readonly document?: readonly [name: string, content: XmlContent];
}

export function sendAnswer(response: ServerResponse, { status = 200, headers = {}, document }: S3Answer): void {
  const body = document && withNamespace(element(document[0], document[1] ?? '', 'flattened'), document[0]);
  response.writeHead(status, { ...headers, ...requestId(), ...(body !== undefined && { 'content-type': 'application/xml' }) });
  response.end(body === undefined ? undefined : `<?xml version="1.0" encoding="UTF-8"?>${body}`);
}

/** An error; one of HEAD has no body, so that its code is in none. */
export function sendError(response: ServerResponse, { code, message, status }: AwsError, method: string | undefined): void {
  const id = requestId();
  // What of the body was not read is not wanted: the connection ends with the answer.
  response.writeHead(status, { ...id, 'content-type': 'application/xml', ...(method === 'PUT' && { connection: 'close' }) });
  const content = { Code: code, Message: message, RequestId: id['x-amz-request-id'] };
  response.end(method === 'HEAD' ? undefined : `<?xml version="1.0" encoding="UTF-8"?>${element('Error', content, 'flattened')}`);
}

export function requestId(): { readonly 'x-amz-request-id': string } {
  return { 'x-amz-request-id': randomUUID() };
}

function withNamespace(text: string, root: string): string {
  return text.replace(`<${root}>`, `<${root} xmlns="${NAMESPACE}">`);
}
