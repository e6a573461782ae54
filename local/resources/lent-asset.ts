import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from '../assembly/template';
import { referencesIn } from '../cloudformation/references';
import type { Machinery } from '../machinery';
import type { ResourceRequest } from './provisioner';

const READ = ['s3:GetObject', 's3:GetObject*', 's3:Get*', 's3:*', '*'];

/**
 * Lets the function of a custom resource read the file asset that its properties name by `Bucket` and `Key`, where the function's role may. It is
 * published now, unless the CDK command line has done so: an account that runs an assembly publishes nothing else.
 */
export function lendAsset({ stack, resource, properties }: LentTo, { publishing }: Pick<Machinery, 'publishing'>): void {
  const { Bucket: bucket, Key: key } = properties;
  if (typeof bucket !== 'string' || typeof key !== 'string') return;
  const path = stack.assets.file(key);
  if (path === undefined || !statSync(path).isFile() || !mayRead(resource, stack.template.Resources, key)) return;
  const { objects } = publishing;
  if (objects.bucket(bucket) === undefined) objects.createBucket(bucket, { assets: true });
  if (objects.object(bucket, key) === undefined) publish(objects, { bucket, key, path });
  publishing.lent.add(`${bucket}/${key}`);
}

type LentTo = Pick<ResourceRequest<Readonly<Record<string, unknown>>>, 'stack' | 'resource' | 'properties'>;

function publish(objects: Machinery['publishing']['objects'], { bucket, key, path }: Record<'bucket' | 'key' | 'path', string>): void {
  const content = readFileSync(path);
  const etag = `"${createHash('md5').update(content).digest('hex')}"`;
  const copy = join(objects.incoming, `asset-${createHash('sha256').update(`${bucket}/${key}`).digest('hex')}`);
  copyFileSync(path, copy);
  objects.put(bucket, { key, bytes: content.length, etag, changedAt: Date.now(), headers: { 'content-type': 'application/json' } }, copy);
}

/**
 * Whether the role of the function behind a custom resource has a statement that lets it read this object, or all of a bucket. The role of a function of
 * another stack is not in this template: what it is given here stands in a policy of a role that is not.
 */
function mayRead({ Properties }: Resource, resources: Readonly<Record<string, Resource>>, key: string): boolean {
  const [fn = ''] = referencesIn(Properties?.ServiceToken);
  const [role = ''] = referencesIn(resources[fn]?.Properties?.Role);
  const isItsOwn = (roles: readonly string[]) =>
    resources[fn] === undefined ? roles.every((each) => resources[each]?.Type !== 'AWS::IAM::Role') : roles.includes(role);
  const policies = Object.values(resources).filter(
    ({ Type, Properties: of }) => Type === 'AWS::IAM::Policy' && isItsOwn(referencesIn(of?.Roles)),
  );
  const documents = policies.map(({ Properties: of }) => of?.PolicyDocument as { readonly Statement?: readonly Statement[] } | undefined);
  return documents
    .flatMap((document) => document?.Statement ?? [])
    .filter(({ Effect, Action }) => Effect === 'Allow' && [Action].flat().some((action) => READ.includes(String(action))))
    .some(({ Resource: of }) => [of].flat().some((arn) => isAbout(JSON.stringify(arn), key)));
}

interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
}

/** The ARN of an object ends with its key, and that of all objects of a bucket with a star; what stands before, a template joins of parts. */
function isAbout(arn: string, key: string): boolean {
  return arn.includes(`/${key}"`) || /\/\*"/.test(arn);
}
