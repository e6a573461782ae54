// Writes local/cloudformation/replacements.json: what replaces a resource, from AWS's own specification of CloudFormation's types.
// Run it after an update of @aws-cdk/aws-service-spec. With a path it writes there, which is how a test holds the file against it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { root } from './install.mjs';

/** What `cdk deploy --hotswap` would change by Cloud Control, where AWS says that it can be changed: of these, all properties are named. */
const PATCHED = new Set([
  ...['AWS::ApiGateway::Deployment', 'AWS::ApiGateway::Method', 'AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api'],
  ...['AWS::ApiGatewayV2::Integration', 'AWS::Bedrock::Agent', 'AWS::BedrockAgentCore::Runtime', 'AWS::CloudWatch::Alarm'],
  ...['AWS::CloudWatch::CompositeAlarm', 'AWS::CloudWatch::Dashboard', 'AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table'],
  ...['AWS::Events::Rule', 'AWS::QuickSight::Analysis', 'AWS::QuickSight::Dashboard', 'AWS::QuickSight::DataSet'],
  ...['AWS::QuickSight::DataSource', 'AWS::QuickSight::Template', 'AWS::SQS::Queue', 'AWS::StepFunctions::StateMachine'],
]);
const file = process.argv[2] ?? join(root, 'local/cloudformation/replacements.json');
const types = [...loadAwsServiceSpecSync().all('resource')].map((resource) => [resource.cloudFormationType, factsOf(resource)]);
types.sort(([one], [other]) => (one < other ? -1 : 1));
// One line per type: what a new specification changes is read in the file's history.
writeFileSync(file, `{\n${types.map(([type, facts]) => `${JSON.stringify(type)}: ${JSON.stringify(facts)}`).join(',\n')}\n}\n`);

/** What is left out is empty or false. Nested properties count as the one at the top that they are in, as in CloudFormation's change sets. */
function factsOf({ cloudFormationType, properties, primaryIdentifier = [], isStateful = false }) {
  const those = (causes) => namesOf(properties, causes);
  return {
    ...(those('yes').length > 0 && { always: those('yes') }),
    ...(those('maybe').length > 0 && { conditionally: those('maybe') }),
    ...(primaryIdentifier.length > 0 && { identifier: primaryIdentifier }),
    ...(isStateful && { stateful: true }),
    ...(PATCHED.has(cloudFormationType) && { properties: Object.keys(properties).sort() }),
  };
}

function namesOf(properties, causes) {
  const names = Object.entries(properties).filter(([, { causesReplacement }]) => causesReplacement === causes);
  return names.map(([name]) => name).sort();
}
