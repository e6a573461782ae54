import { createHash } from 'node:crypto';
import type { BucketSettings, ObjectLock, Retention } from '../aws/s3/object-store';
import { attributes, type Created, type Provisioner } from './provisioner';

/** AWS::S3::Bucket, as far as it is read. */
interface BucketProperties {
  readonly BucketName?: string;
  readonly VersioningConfiguration?: { readonly Status?: string };
  readonly ObjectLockEnabled?: boolean;
  readonly ObjectLockConfiguration?: { readonly Rule?: { readonly DefaultRetention?: DefaultRetention } };
}

interface DefaultRetention {
  readonly Mode: Retention['mode'];
  readonly Days?: number;
  readonly Years?: number;
}

export const bucket: Provisioner<BucketProperties> = {
  phase: 'tables',
  noun: ['bucket', 'buckets'],
  honours: ['BucketName', 'VersioningConfiguration', 'ObjectLockEnabled', 'ObjectLockConfiguration'],
  ignores: [
    'AbacStatus',
    'AccelerateConfiguration',
    'AccessControl',
    'AnalyticsConfigurations',
    'BucketEncryption',
    'CorsConfiguration',
    'IntelligentTieringConfigurations',
    'InventoryConfigurations',
    // What expires in days outlives a laptop's account.
    'LifecycleConfiguration',
    'LoggingConfiguration',
    'MetadataConfiguration',
    'MetadataTableConfiguration',
    'MetricsConfigurations',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
  ],
  survives: true,
  create: async ({ properties, generatedName, stack }, { publishing: { objects } }) => {
    const name = properties.BucketName ?? bucketName(generatedName);
    const assets = stack.template.Outputs?.BootstrapVersion !== undefined;
    if (objects.bucket(name) === undefined) objects.createBucket(name, { ...settingsOf(properties), ...(assets && { assets }) });
    return describe(name);
  },
  update: async ({ properties }, { ref }, { publishing: { objects } }) => {
    const { assets } = objects.known(ref);
    objects.changeBucket(ref, { ...settingsOf(properties), ...(assets && { assets }) });
    return describe(ref);
  },
  // One that a deletion which was interrupted has deleted already is gone.
  delete: async ({ ref }, { publishing: { objects } }) => void (objects.bucket(ref) && objects.deleteBucket(ref)),
};

/** Longest name of a bucket, in characters (Amazon S3, bucket naming rules). */
const LONGEST_NAME = 63;

/** As CloudFormation shortens one: what tells two apart stands at the end. */
function bucketName(generatedName: string): string {
  const name = generatedName.toLowerCase();
  if (name.length <= LONGEST_NAME) return name;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${name.slice(0, LONGEST_NAME - mark.length - 1)}-${mark}`;
}

function settingsOf({ VersioningConfiguration, ObjectLockEnabled, ObjectLockConfiguration }: BucketProperties): BucketSettings {
  const locked = String(ObjectLockEnabled) === 'true';
  // Object Lock brings versions with it.
  const versioned = locked || VersioningConfiguration?.Status === 'Enabled';
  return {
    ...(versioned && { versioning: 'Enabled' }),
    ...(locked && { objectLock: lockOf(ObjectLockConfiguration?.Rule?.DefaultRetention) }),
  };
}

function lockOf(retention: DefaultRetention | undefined): ObjectLock {
  if (retention === undefined) return {};
  const { Mode: mode, Days = 0, Years = 0 } = retention;
  return { retention: { mode, days: Number(Days) + Number(Years) * 365 } };
}

function describe(name: string): Created {
  const host = `${name}.s3.amazonaws.com`;
  return { ref: name, attribute: attributes({ Arn: `arn:aws:s3:::${name}`, DomainName: host, RegionalDomainName: host }) };
}
