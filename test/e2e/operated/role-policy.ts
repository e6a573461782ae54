import type { CloudFormationTemplate } from '../../../local/local-account';

/** A statement whose references are filled in. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What is asked of AWS: judged as IAM would. */
export interface Call {
  readonly action: string;
  readonly resources: readonly string[];
  /** Condition keys of the request; several values of one. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

type PhysicalIds = ReadonlyMap<string, string>;

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
};

/** What a role of a template may do, less what its keys let it: those are used by AWS on its behalf. */
export function statementsOf(template: CloudFormationTemplate, role: RegExp, ids: PhysicalIds): readonly Statement[] {
  const policies = Object.entries(template.Resources).filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && role.test(id));
  const documents = policies.map(
    ([, { Properties }]) => Properties?.PolicyDocument as { readonly Statement: readonly Record<string, unknown>[] },
  );
  return documents
    .flatMap(({ Statement }) => Statement)
    .map(({ Action, Resource, Condition = {} }) => ({
      actions: [Action].flat() as string[],
      resources: [Resource].flat().map((resource) => textOf(resource, template, ids)),
      conditions: JSON.parse(textOf(Condition, template, ids)) as Statement['conditions'],
    }))
    .filter(({ actions }) => !actions.some((action) => action.startsWith('kms:')));
}

/** The statement that allows a call for one of its resources; undefined where none does. */
export function allowing(statements: readonly Statement[], { action, context }: Call, resource: string): Statement | undefined {
  return statements.find(
    ({ actions, resources, conditions }) =>
      actions.includes(action) && resources.some((pattern) => globOf(pattern).test(resource)) && holds(conditions, context),
  );
}

/** @throws Error for an operator that no statement of ours has */
function holds(conditions: Statement['conditions'], context: Call['context']): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, allowed]) => {
      const values = context[key] ?? [];
      // IAM User Guide: ForAllValues is also true where the request has none, so that each kind of call must say its keys.
      if (operator === 'ForAllValues:StringEquals') return values.every((value) => [allowed].flat().includes(value));
      if (operator === 'ArnEquals') return values.length > 0 && values.every((value) => [allowed].flat().includes(value));
      throw new Error(`no such operator here: ${operator}`);
    }),
  );
}

function globOf(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
}

/** Text of a resource; of anything else its JSON. */
function textOf(value: unknown, template: CloudFormationTemplate, ids: PhysicalIds): string {
  const filled = fill(value, template, ids);
  return typeof filled === 'string' ? filled : JSON.stringify(filled);
}

function fill(value: unknown, template: CloudFormationTemplate, ids: PhysicalIds): unknown {
  if (Array.isArray(value)) return value.map((each) => fill(each, template, ids));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return PSEUDO[Ref] ?? ids.get(Ref);
  if (Array.isArray(attribute)) return arnOf(String(attribute[0]), template, ids);
  if (Array.isArray(join)) return (fill(join[1], template, ids) as string[]).join(String(join[0]));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fill(member, template, ids)]));
}

const ARNS: Readonly<Record<string, (id: string) => string>> = {
  'AWS::DynamoDB::GlobalTable': (id) => `arn:aws:dynamodb:us-east-1:000000000000:table/${id}`,
  'AWS::S3::Bucket': (id) => `arn:aws:s3:::${id}`,
  'AWS::Logs::LogGroup': (id) => `arn:aws:logs:us-east-1:000000000000:log-group:${id}:*`,
  'AWS::ECS::Cluster': (id) => `arn:aws:ecs:us-east-1:000000000000:cluster/${id}`,
  'AWS::KMS::Key': (id) => `arn:aws:kms:us-east-1:000000000000:key/${id}`,
};

function arnOf(logicalId: string, { Resources }: CloudFormationTemplate, ids: PhysicalIds): string {
  const arn = ARNS[Resources[logicalId]?.Type ?? ''];
  if (arn === undefined) throw new Error(`no ARN is known of ${logicalId}, ${Resources[logicalId]?.Type}`);
  return arn(ids.get(logicalId) ?? '');
}
