import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import type { CfnService } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { context } from '../../../cdk.json';
import { ServerSecret } from '../../../lib';
import { addTeller, smallFleet } from '../../apps/company';

export interface TwoStacksProps {
  /** `strong` is Fn::ImportValue, `weak` Fn::GetStackOutput. */
  readonly references: 'strong' | 'weak';
  /** Of the table that the other stack reads. */
  readonly key?: string;
  /** Whether the table has an index. */
  readonly indexed?: boolean;
  /** Whether the fleet reads the table. */
  readonly reads?: boolean;
  /** Said to the server, so that its stack is another. */
  readonly season?: string;
  /** Whether the data stack has a queue as well. */
  readonly queue?: boolean;
  /** Whether a service of the fleet says what this machine does not do. */
  readonly beyond?: boolean;
}

/** A company that keeps network and data in one stack, and its fleet in another. */
export function twoStacks({ references, key = 'note', reads = true, season = 'spring', ...more }: TwoStacksProps, outdir: string): void {
  const app = new App({ outdir, context: { ...context, '@aws-cdk/core:defaultCrossStackReferences': references } });
  const data = new Stack(app, 'Data');
  const vpc = new Vpc(data, 'Vpc', { maxAzs: 2, natGateways: 1 });
  const notes = new TableV2(data, 'Notes', {
    partitionKey: { name: key, type: AttributeType.STRING },
    removalPolicy: RemovalPolicy.DESTROY,
    ...(more.indexed && { globalSecondaryIndexes: [{ indexName: 'byDay', partitionKey: { name: 'day', type: AttributeType.STRING } }] }),
  });
  const secret = new Secret(data, 'ApiKey');
  if (more.queue) new Queue(data, 'Jobs');
  const stack = new Stack(app, 'Fleet');
  const teller = addTeller(smallFleet(stack, 'two', { vpc }), {
    environment: { NOTES: reads ? notes.tableName : 'none', SEASON: season },
    secrets: [ServerSecret.environment('API_KEY', secret)],
    drain: Duration.seconds(1),
  });
  if (more.beyond) {
    const service = teller.node
      .findAll()
      .find((each): each is CfnService => 'cfnResourceType' in each && each.cfnResourceType === 'AWS::ECS::Service');
    service?.addPropertyOverride('ServiceConnectConfiguration', { Enabled: true });
  }
  app.synth();
}
