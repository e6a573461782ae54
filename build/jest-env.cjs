// CloudFormation validation makes each synth thirty times slower; test/lib/validation.test.ts turns it on again.
process.env.CDK_VALIDATION ??= 'false';
