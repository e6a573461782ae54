// A trace for each construct costs a tenth of a synth, and no test reads it.
process.env.CDK_DISABLE_STACK_TRACE ??= '1';
// CloudFormation validation makes each synth thirty times slower; test/lib/validation.test.ts turns it on again.
process.env.CDK_VALIDATION ??= 'false';
