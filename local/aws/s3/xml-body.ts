import type { IncomingMessage } from 'node:http';
import { parseXML } from '@aws-sdk/xml-builder';
import { AwsError } from '../aws-error';
import { boundedBody } from '../bounded-body';
import { isChunked, unchunked } from './chunked-body';

/** The largest list of 10,000 parts, with their checksums. */
const LIMIT = 4 * 1024 * 1024;

/** The document that a request brings, by the name of its root; a text, an object, or a list of these, as they repeat. */
export async function xmlBody(request: IncomingMessage, root: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await textOf(request);
  let document: Record<string, unknown>;
  try {
    document = parseXML(text) as Record<string, unknown>;
  } catch {
    throw wellFormed();
  }
  const content = document[root];
  if (typeof content !== 'object' || content === null) throw wellFormed();
  return content as Readonly<Record<string, unknown>>;
}

/** The elements of one name. */
export function elements(content: Readonly<Record<string, unknown>>, name: string): readonly Readonly<Record<string, unknown>>[] {
  const value = content[name];
  const all = Array.isArray(value) ? value : value === undefined ? [] : [value];
  if (all.some((each) => typeof each !== 'object' || each === null)) throw wellFormed();
  return all;
}

async function textOf(request: IncomingMessage): Promise<string> {
  if (!isChunked(request.headers)) return (await boundedBody(request, LIMIT)).toString();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of unchunked(request, new Map())) {
    length += chunk.length;
    if (length > LIMIT) throw new AwsError('RequestEntityTooLarge', `The document is larger than ${LIMIT} bytes.`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function wellFormed(): AwsError {
  return new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
}
