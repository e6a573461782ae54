/** A limit of AWS that the account keeps. */
export interface Quota {
  readonly service: string;
  /** What is limited, in words. */
  readonly what: string;
  readonly most: number;
  readonly unit: 'bytes' | 'pieces';
  /** What whoever goes beyond it is answered. */
  readonly answer: string;
}

const KB = 1024;
const MB = 1024 * 1024;
const ALB = 'Application Load Balancer';
const DYNAMODB = 'DynamoDB';
const LAMBDA = 'Lambda';
const CLOUDFORMATION = 'CloudFormation';
const ECS = 'ECS';
const CLOUDWATCH = 'CloudWatch Logs';

/**
 * The limits of AWS that programs and templates can meet here, each from the quotas page of its service. docs/aws.md lists them: a test
 * holds the two together, and each has a test that goes exactly to it, and one further.
 */
export const QUOTAS = {
  requestLine: quota(ALB, 'request line: method, path and query, version', 16 * KB, '414'),
  requestHeader: quota(ALB, 'one header of a request: name, colon, value', 16 * KB, '400'),
  requestHeaders: quota(ALB, 'all headers of a request', 64 * KB, '400'),
  responseHeaders: quota(ALB, 'all headers of an answer', 32 * KB, '502'),
  forwardedFor: quota(ALB, 'addresses in `X-Forwarded-For`', 30, '463', 'pieces'),
  rules: quota(ALB, 'rules of a load balancer, but for default ones (can be raised)', 100, '`TooManyRules`', 'pieces'),
  targetGroups: quota(ALB, 'target groups of a load balancer', 100, '`TooManyUniqueTargetGroupsPerLoadBalancer`', 'pieces'),
  conditionValues: quota(ALB, 'values in the conditions of a rule', 5, '`TooManyConditionValues`', 'pieces'),
  item: quota(DYNAMODB, 'an item, names and values', 400 * KB, '`ValidationException`'),
  partitionKey: quota(DYNAMODB, 'a partition key', 2048, '`ValidationException`'),
  sortKey: quota(DYNAMODB, 'a sort key', 1024, '`ValidationException`'),
  tableRequest: quota(DYNAMODB, 'a request', 16 * MB, '413'),
  writeBatch: quota(DYNAMODB, 'writes of `BatchWriteItem`', 25, '`ValidationException`', 'pieces'),
  statementBatch: quota(DYNAMODB, 'statements of `BatchExecuteStatement`', 25, '`ValidationException`', 'pieces'),
  statement: quota(DYNAMODB, 'a PartiQL statement', 8192, '`ValidationException`'),
  invocation: quota(LAMBDA, 'payload of an invocation that is waited for', 6 * MB, '413 `RequestTooLargeException`'),
  event: quota(LAMBDA, 'payload of an invocation that is not', MB, '413 `RequestTooLargeException`'),
  functionAnswer: quota(LAMBDA, 'answer of a function', 6 * MB + 100, '`Function.ResponseSizeTooLarge`'),
  environment: quota(LAMBDA, 'variables of a function, names and values', 4 * KB, '`InvalidParameterValueException`'),
  customResource: quota(CLOUDFORMATION, 'answer of a custom resource', 4096, '`Response object is too long.`'),
  template: quota(CLOUDFORMATION, 'a template', 1_000_000, '`ValidationError`'),
  templateBody: quota(CLOUDFORMATION, 'a template beside the other parameters of a request', 51_200, '`ValidationError`'),
  resources: quota(CLOUDFORMATION, 'resources of a template', 500, '`ValidationError`', 'pieces'),
  taskDefinition: quota(ECS, 'a task definition', 64 * KB, '`ClientException`'),
  logEvent: quota(CLOUDWATCH, 'a line that the `awslogs` driver sends in one piece', 256 * KB - 26, 'cut into several: no metrics'),
  emfMetrics: quota(CLOUDWATCH, 'metrics of an EMF document', 100, 'no metrics', 'pieces'),
  emfDimensions: quota(CLOUDWATCH, 'dimensions of a metric in an EMF document', 30, 'no metrics', 'pieces'),
  emfValues: quota(CLOUDWATCH, 'values of one metric in an EMF document', 100, 'no metrics', 'pieces'),
} as const satisfies Record<string, Quota>;

function quota(service: string, what: string, most: number, answer: string, unit: Quota['unit'] = 'bytes'): Quota {
  return { service, what, most, unit, answer };
}
