/** An action of a statement that nothing on one machine can need, and why it stands in templates. */
export interface NeverSeen {
  /** Which roles: a part of their names; every role when absent. */
  readonly role?: string;
  readonly action: string;
  readonly why: string;
}

const OF_TABLE_KEY =
  'DynamoDB uses it by itself with the key of a table, in the name of who asks (Developer Guide, "Encryption at rest: usage notes"); when, only AWS tells';

/** What AWS itself does under a role, and no local account can do in its place. */
export const NEVER_SEEN: readonly NeverSeen[] = [
  ...['kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'].map((action) => ({
    action,
    why: OF_TABLE_KEY,
  })),
  ...['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'].map((action) => ({
    role: 'NetworkFlowLog',
    action,
    why: 'VPC delivers flow logs; no packet of a network is seen here',
  })),
  {
    role: 'ExecutionRole',
    action: 'secretsmanager:DescribeSecret',
    why: 'the CDK grants it with each secret of a container (Secret.grantRead); ECS reads the value alone',
  },
];
