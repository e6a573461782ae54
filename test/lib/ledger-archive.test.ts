import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { logicalIdAt, newFleet, newStack, resourceAt, templateOf } from './example-fleet';

const ARCHIVE = /Mcp\/Archive\//;

test('the archive is locked, encrypted, closed to the public and to plain HTTP, and stays when its stack goes', () => {
  const template = templateOf(newFleet());
  const bucket = resourceAt(template, 'AWS::S3::Bucket', ARCHIVE);
  const id = logicalIdAt(template, 'AWS::S3::Bucket', ARCHIVE);

  expect(bucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  expect(bucket.Properties).toMatchObject({
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 365 } } },
    VersioningConfiguration: { Status: 'Enabled' },
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
  });
  const policies = Object.values(template.findResources('AWS::S3::BucketPolicy')).filter(({ Properties }) => Properties.Bucket.Ref === id);
  expect(JSON.stringify(policies)).toContain('aws:SecureTransport');
});

test('changes go there in order, each until it is there', () => {
  const template = templateOf(newFleet());
  const mapping = resourceAt(template, 'AWS::Lambda::EventSourceMapping', /LedgerArchiver/).Properties;

  expect(mapping).toMatchObject({
    EventSourceArn: { 'Fn::GetAtt': [logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Ledger/), 'StreamArn'] },
    StartingPosition: 'TRIM_HORIZON',
    BisectBatchOnFunctionError: false,
    MaximumRetryAttempts: -1,
  });
  expect(mapping.ParallelizationFactor ?? 1).toBe(1);
});

test('the retention is what is asked for', () => {
  const template = templateOf(newFleet(newStack(), { audit: { retention: Duration.days(2_557) } }));
  const { ObjectLockConfiguration } = resourceAt(template, 'AWS::S3::Bucket', ARCHIVE).Properties;
  expect(ObjectLockConfiguration.Rule.DefaultRetention).toEqual({ Mode: 'COMPLIANCE', Days: 2_557 });
});

test('a bucket of the company takes its place', () => {
  const stack = newStack();
  const bucket = Bucket.fromBucketName(stack, 'Given', 'acme-archive');
  const template = templateOf(newFleet(stack, { audit: { bucket } }));
  expect(() => resourceAt(template, 'AWS::S3::Bucket', ARCHIVE)).toThrow('0 resources');
  expect(template.toJSON().Metadata['cdk-mcp-fleet'].fleets.orders.archiveBucket).toBe('acme-archive');
});

test.each([
  [{ retention: Duration.hours(12) }, 'audit.retention is 0.5; allowed: a whole number from 1 to 36500'],
  [{ retention: Duration.days(40_000) }, 'audit.retention is 40000; allowed: a whole number from 1 to 36500'],
])('a retention of %j is refused', (audit, message) => {
  expect(() => newFleet(newStack(), { audit })).toThrow(message);
});

test('a retention beside a bucket of the company is refused: it would not hold', () => {
  const stack = newStack();
  const audit = { retention: Duration.days(30), bucket: Bucket.fromBucketName(stack, 'Given', 'acme-archive') };
  expect(() => newFleet(stack, { audit })).toThrow('audit.retention is a duration beside audit.bucket; allowed: one of the two');
});

test('a key that is destroyed comes back from no backup, and no key is lost with the stack', () => {
  const table = resourceAt(templateOf(newFleet()), 'AWS::DynamoDB::GlobalTable', /AgentKeys/);
  expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  expect(table.Properties.Replicas).toEqual([
    expect.objectContaining({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
      SSESpecification: { KMSMasterKeyId: expect.anything() },
    }),
  ]);
  expect(table.Properties.TimeToLiveSpecification).toBeUndefined();
});
