// Where each resource was made costs a third of making it, and no test asks.
process.env.CDK_CONTEXT_JSON ??= JSON.stringify({ 'aws:cdk:disable-creation-stack-traces': true });
// CloudFormation validation makes each synth thirty times slower; test/lib/validation.test.ts turns it on again.
process.env.CDK_VALIDATION ??= 'false';
