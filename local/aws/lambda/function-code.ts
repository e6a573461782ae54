import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machinery } from '../../machinery';
import { unzip } from '../assets/unzip';
import { AwsError, notImplemented } from '../aws-error';
import { type JsonRequest, textOf } from '../json-service';

const TAKES = ['FunctionName', 'S3Bucket', 'S3Key', 'ZipFile', 'DryRun', 'Publish', 'RevisionId', 'Architectures'];

/** Folder of the code that UpdateFunctionCode names: a zip archive in a bucket, or in the request itself. */
export async function codeFolder(request: JsonRequest, { publishing, folder }: Machinery): Promise<string> {
  const strange = Object.keys(request).filter((name) => !TAKES.includes(name) && request[name] !== null);
  if (strange.length > 0) throw notImplemented(`${strange.join(', ')} of lambda:UpdateFunctionCode`);
  const archive = textOf(request, 'ZipFile');
  if (archive !== undefined) return await unpacked(Buffer.from(archive, 'base64'), join(folder, 'functions'));
  const [bucket, key] = [textOf(request, 'S3Bucket'), textOf(request, 'S3Key')];
  if (bucket === undefined || key === undefined) throw invalid('Please provide a source for function code.');
  const { objects, assets } = publishing;
  if (objects.bucket(bucket) === undefined || objects.object(bucket, key) === undefined)
    throw invalid(`Error occurred while GetObject. There is no object ${key} in the bucket ${bucket}.`);
  const path = await assets.path({ bucket, key }).catch((error: Error) => Promise.reject(invalid(error.message)));
  if (!statSync(path).isDirectory()) throw invalid('Could not unzip uploaded file. Please check your file, then try to upload again.');
  return path;
}

/** @param parent of the run: what is unpacked goes with it */
async function unpacked(archive: Buffer, parent: string): Promise<string> {
  const code = join(parent, randomUUID());
  mkdirSync(code, { recursive: true, mode: 0o700 });
  const file = `${code}.zip`;
  writeFileSync(file, archive, { mode: 0o600 });
  try {
    await unzip(file, code);
    return code;
  } catch (error) {
    rmSync(code, { recursive: true, force: true });
    throw invalid(`Could not unzip uploaded file: ${(error as Error).message}`);
  } finally {
    rmSync(file, { force: true });
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
