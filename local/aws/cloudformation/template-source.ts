import { readFile } from 'node:fs/promises';
import { QUOTAS } from '../../quotas';
import { placeOf } from '../assets/uploaded-assets';
import { AwsError } from '../aws-error';
import type { QueryFields } from '../query-request';
import type { ObjectStore } from '../s3/object-store';
import { readTemplate } from './limits';

/** A template beside the other parameters, and one in S3: bytes. */
const LONGEST_BODY = QUOTAS.templateBody.most;
const LONGEST_OBJECT = QUOTAS.template.most;

/** What says a template in a request. */
export const TEMPLATE = ['TemplateBody', 'TemplateURL'] as const;

/** The template's text that a request gives, or names by a URL of the account's S3; undefined where it says neither. */
export async function templateOf(request: QueryFields, objects: ObjectStore): Promise<string | undefined> {
  const [body, url] = TEMPLATE.map((name) => request.text(name));
  if (body !== undefined && url !== undefined) throw new AwsError('ValidationError', 'Specify only one of TemplateBody and TemplateURL.');
  const text = body ?? (url === undefined ? undefined : await download(url, objects));
  if (text === undefined) return undefined;
  if (body !== undefined && Buffer.byteLength(body) > LONGEST_BODY)
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${LONGEST_BODY}`,
    );
  readTemplate(text);
  return text;
}

async function download(url: string, objects: ObjectStore): Promise<string> {
  const place = placeOf(url);
  if (place === undefined) throw new AwsError('ValidationError', 'TemplateURL must be a supported URL.');
  const { bucket, key } = place;
  const object = objects.object(bucket, key);
  if (object === undefined) throw new AwsError('ValidationError', `S3 error: The specified key does not exist: ${key} in ${bucket}`);
  if (object.bytes > LONGEST_OBJECT)
    throw new AwsError('ValidationError', `Template size is greater than the maximum of ${LONGEST_OBJECT} bytes.`);
  return await readFile(objects.path(bucket, object), 'utf8');
}
