import { CfnParameter, NestedStack, RemovalPolicy, Stack, Stage, Tags } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ServerRuntime, ServerSecret } from '../../lib';
import { addTeller, newApp, smallFleet } from './company';

/** Each synthesizes one company's app into a folder. */
export type CompanyApp = (outdir: string) => void;

/** Everything tagged; a data stack with a queue and a Python function, an empty stack; secrets that another team keeps. */
export const tagged: CompanyApp = (outdir) => {
  const app = newApp(outdir);
  const data = new Stack(app, 'Data');
  const dead = new Queue(data, 'Dead');
  new Queue(data, 'Jobs', { deadLetterQueue: { queue: dead, maxReceiveCount: 3 } });
  new LambdaFunction(data, 'Report', {
    runtime: Runtime.PYTHON_3_13,
    handler: 'index.main',
    code: Code.fromInline('def main(e, c): pass'),
  });
  new Bucket(data, 'Archive', { autoDeleteObjects: true, removalPolicy: RemovalPolicy.DESTROY });
  new Stack(app, 'Later');
  const shop = new Stack(app, 'Shop');
  const fleet = smallFleet(shop, 'tagged');
  const complete = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/bank-Ab12Cd';
  addTeller(fleet, {
    secrets: [
      ServerSecret.environment('API_KEY', Secret.fromSecretNameV2(shop, 'Key', 'prod/api')),
      ServerSecret.environment('BANK_PIN', Secret.fromSecretCompleteArn(shop, 'Bank', complete), 'pin'),
    ],
  });
  Tags.of(app).add('cost-centre', '4711');
  app.synth();
};

/** The fleet in a nested stack; its network and a table of the server in the parent. */
export const nested: CompanyApp = (outdir) => {
  const app = newApp(outdir);
  const shop = new Stack(app, 'Shop');
  const vpc = new Vpc(shop, 'Vpc', { maxAzs: 2, natGateways: 1 });
  const notes = new TableV2(shop, 'Notes', { partitionKey: { name: 'pk', type: AttributeType.STRING } });
  new Topic(shop, 'News');
  const inner = new NestedStack(shop, 'Inner');
  addTeller(smallFleet(inner, 'nested', { vpc }), { environment: { NOTES: notes.tableName } });
  app.synth();
};

/** Two fleets that trust one issuer and know an agent by one name, in two stacks. */
export const two: CompanyApp = (outdir) => {
  const app = newApp(outdir);
  for (const name of ['blue', 'green']) {
    const stack = new Stack(app, name);
    addTeller(smallFleet(stack, name), { environment: { COLOUR: name } });
  }
  app.synth();
};

/** An environment of its own, so that zones are looked up, and what no template holds: a queue's address and a parameter. */
export const wired: CompanyApp = (outdir) => {
  const app = newApp(outdir);
  const env = { account: '111122223333', region: 'eu-west-1' };
  const queue = new Queue(new Stack(app, 'Data', { env }), 'Jobs', { queueName: 'jobs' });
  const shop = new Stack(app, 'Shop', { env });
  const limit = new CfnParameter(shop, 'Limit');
  addTeller(smallFleet(shop, 'wired'), { environment: { QUEUE: queue.queueUrl, LIMIT: limit.valueAsString } });
  app.synth();
};

/** The same stack for test and production. */
export const staged: CompanyApp = (outdir) => {
  const app = newApp(outdir);
  for (const name of ['Test', 'Prod']) {
    const stack = new Stack(new Stage(app, name), 'Shop');
    addTeller(smallFleet(stack, 'staged'), { environment: { STAGE: name } });
  }
  app.synth();
};

/** A server that somebody else runs, beside one of the fleet's own. */
export const abroad: CompanyApp = (outdir) => {
  const app = newApp(outdir);
  const fleet = smallFleet(new Stack(app, 'Shop'), 'abroad');
  addTeller(fleet);
  fleet.addServer('tickets', { runtime: ServerRuntime.remote({ url: 'https://mcp.tickets.example/hidden-path/mcp' }) });
  app.synth();
};
