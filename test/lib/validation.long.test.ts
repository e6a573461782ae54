import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type App, Stack, Tags, Validations } from 'aws-cdk-lib';
import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AcmeStack } from '../../examples/acme/acme-stack';
import { FleetEdge, ServerRuntime } from '../../lib';
import { EDGES, ENV, wholeFleet } from './company-rules';
import { acknowledgePlainHttp, certificateOf, NPM_STDIO, newApp, newFleet, newServer } from './example-fleet';

// The one file that turns the CloudFormation validator on: its first run in a process takes seconds.
const before = process.env.CDK_VALIDATION;
beforeAll(() => {
  process.env.CDK_VALIDATION = 'true';
});
afterAll(() => {
  process.env.CDK_VALIDATION = before;
});

/** An app whose synth throws on any error of CloudFormation's rules or of cdk-nag's AwsSolutions. */
function checkedApp(): App {
  const app = newApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

test('the company stack passes', () => {
  const app = checkedApp();
  new AcmeStack(app, 'Acme');

  expect(() => app.synth()).not.toThrow();
}, 60_000);

test('a public fleet in a VPC of its own, with every kind of server, passes', () => {
  const app = checkedApp();
  const stack = new Stack(app, 'Company', { env: { account: '111122223333', region: 'eu-west-1' } });
  const edge = FleetEdge.publicAlb({ certificate: certificateOf(stack), domainName: 'mcp.example' });
  const fleet = newFleet(stack, { edge });
  newServer({}, fleet);
  fleet.addServer('notes', { runtime: NPM_STDIO });
  fleet.addServer('search', { runtime: ServerRuntime.remote({ url: 'https://search.example/mcp' }) });

  expect(() => app.synth()).not.toThrow();
}, 60_000);

test('a fleet behind an API passes', () => {
  const app = checkedApp();
  const stack = new Stack(app, 'Company', { env: { account: '111122223333', region: 'eu-west-1' } });
  newServer({}, newFleet(stack, { edge: FleetEdge.apiGateway({ certificate: certificateOf(stack), domainName: 'mcp.example' }) }));

  expect(() => app.synth()).not.toThrow();
}, 60_000);

test('a fleet with every setting for companies passes', () => {
  const app = checkedApp();
  const fleet = wholeFleet(EDGES['company listener'], new Stack(app, 'Company', ENV));
  Tags.of(fleet).add('cost-centre', '4711');

  expect(() => app.synth()).not.toThrow();
}, 60_000);

test('an internal fleet without a certificate passes', () => {
  const app = checkedApp();
  const fleet = newFleet(new Stack(app, 'Company'), { edge: FleetEdge.internal() });
  acknowledgePlainHttp(fleet);
  newServer({}, fleet);

  expect(() => app.synth()).not.toThrow();
}, 60_000);

test('the checks are on: what they know to be wrong does not pass', () => {
  const app = checkedApp();
  const stack = new Stack(app, 'Company');
  const server = newServer({}, newFleet(stack));
  const task = server.node.findAll().find((construct): construct is CfnTaskDefinition => construct instanceof CfnTaskDefinition);
  task?.addPropertyOverride('Memory', '123');
  new Topic(stack, 'Topic');

  expect(() => app.synth()).toThrow(/E3047[\s\S]*SNS3|SNS3[\s\S]*E3047/);
}, 60_000);
