import { App, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DatabaseInstance, DatabaseInstanceEngine } from 'aws-cdk-lib/aws-rds';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { context } from '../../../cdk.json';

export interface InertProps {
  readonly queueName: string;
  /** Seconds that a message is hidden from others. */
  readonly hidden: number;
}

/** A company's stack of which nothing runs on one machine. */
export function inertApp({ queueName, hidden }: InertProps, outdir: string): void {
  const app = new App({ outdir, context });
  const stack = new Stack(app, 'Office');
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0 });
  const jobs = new Queue(stack, 'Jobs', { queueName });
  new Queue(stack, 'Mail', { visibilityTimeout: Duration.seconds(hidden) });
  new Queue(new NestedStack(stack, 'Branch'), 'Post', { visibilityTimeout: Duration.seconds(hidden) });
  new Topic(stack, 'News').addSubscription(new SqsSubscription(jobs));
  new LambdaFunction(stack, 'Report', {
    runtime: Runtime.PYTHON_3_13,
    handler: 'index.main',
    code: Code.fromInline('def main(event, context): pass'),
    environment: { JOBS: jobs.queueUrl },
  });
  new DatabaseInstance(stack, 'Books', { engine: DatabaseInstanceEngine.POSTGRES, vpc, vpcSubnets: { subnets: vpc.isolatedSubnets } });
  app.synth();
}
