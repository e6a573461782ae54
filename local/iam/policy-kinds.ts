import { referencesIn } from '../cloudformation/references';
import type { Gathered, Governing } from './gathered';
import { isOfAws, managedDocument } from './managed-policies';
import { list } from './policy-documents';
import { type Statement, statementsIn } from './statement';

type Read = (governing: Governing, gathered: Gathered) => void;
type Json = Readonly<Record<string, unknown>>;

/** By type of resource: what it says of who may do what, and with which key something is encrypted. */
export const KINDS: Readonly<Record<string, Read>> = {
  'AWS::IAM::Role': readRole,
  'AWS::IAM::Policy': readAttached,
  'AWS::IAM::RolePolicy': readAttached,
  'AWS::IAM::ManagedPolicy': (governing, gathered) => {
    readAttached(governing, gathered);
    gathered.managed.set(governing.ref, statementsOf(governing, governing.properties.PolicyDocument));
  },
  'AWS::KMS::Key': (governing, gathered) => setPolicy(governing.arn, statementsOf(governing, governing.properties.KeyPolicy), gathered),
  'AWS::DynamoDB::Table': (governing, gathered) => readTable(governing, governing.properties, gathered),
  'AWS::DynamoDB::GlobalTable': (governing, gathered) => {
    const { values, properties, path, stack } = governing;
    const replicas = list(properties.Replicas) as readonly Json[];
    const own = replicas.find(({ Region }) => values.text(Region, path) === stack.region);
    if (own) readTable(governing, own, gathered);
  },
  'AWS::S3::Bucket': (governing, gathered) => {
    const { ServerSideEncryptionConfiguration: rules } = (governing.properties.BucketEncryption ?? {}) as Json;
    const [rule] = list(rules) as readonly { readonly ServerSideEncryptionByDefault?: Json }[];
    setKey(governing, rule?.ServerSideEncryptionByDefault?.KMSMasterKeyID, gathered);
    setTags(governing, governing.properties.Tags, gathered);
  },
  'AWS::S3::BucketPolicy': (governing, gathered) => {
    const bucket = governing.values.text(governing.properties.Bucket, governing.path);
    if (bucket) setPolicy(`arn:aws:s3:::${bucket}`, statementsOf(governing, governing.properties.PolicyDocument), gathered);
  },
  'AWS::SecretsManager::Secret': (governing, gathered) => {
    setKey(governing, governing.properties.KmsKeyId, gathered);
    setTags(governing, governing.properties.Tags, gathered);
  },
  'AWS::SecretsManager::ResourcePolicy': (governing, gathered) => {
    const secret = governing.values.text(governing.properties.SecretId, governing.path);
    if (secret) setPolicy(secret, statementsOf(governing, governing.properties.ResourcePolicy), gathered);
  },
  'AWS::Lambda::Function': (governing, gathered) => setTags(governing, governing.properties.Tags, gathered),
  'AWS::Logs::LogGroup': (governing, gathered) => setTags(governing, governing.properties.Tags, gathered),
  'AWS::Lambda::Permission': readPermission,
  'AWS::ECS::Service': readService,
};

function readRole({ properties, values, path, ref, arn, stack }: Governing, gathered: Gathered): void {
  const policies = values.texts(properties.ManagedPolicyArns, path);
  const boundary = values.text(properties.PermissionsBoundary, path);
  for (const each of [...policies, ...(boundary === undefined ? [] : [boundary])]) takeOfAws(each, gathered);
  const inline = list(properties.Policies) as readonly { readonly PolicyName?: unknown; readonly PolicyDocument?: unknown }[];
  gathered.roles.push({
    arn,
    name: ref,
    path,
    inline: inline.flatMap(({ PolicyName, PolicyDocument }) =>
      values.statements(PolicyDocument, `${path}/${values.text(PolicyName, path) ?? 'inline'}`),
    ),
    trust: values.statements(properties.AssumeRolePolicyDocument, path),
    policies,
    ...(boundary !== undefined && { boundary }),
    tags: tagsIn(values.resolve(properties.Tags, path)),
    deploys: stack.template.Outputs?.BootstrapVersion !== undefined,
  });
}

function readAttached(governing: Governing, gathered: Gathered): void {
  const { properties, values, path } = governing;
  const statements = statementsOf(governing, properties.PolicyDocument);
  const roles = [...values.texts(properties.Roles, path), ...values.texts(properties.RoleName, path)];
  for (const role of roles) gathered.attached.push({ role, statements });
}

function readTable(governing: Governing, said: Json, gathered: Gathered): void {
  setKey(governing, (said.SSESpecification as Json | undefined)?.KMSMasterKeyId, gathered);
  const { PolicyDocument } = (said.ResourcePolicy ?? {}) as Json;
  if (PolicyDocument !== undefined) setPolicy(governing.arn, statementsOf(governing, PolicyDocument), gathered);
  setTags(governing, said.Tags, gathered);
}

/** Tasks have the tags of their service, or of their definition, where the service hands them down (ECS, CreateService, propagateTags). */
function readService(governing: Governing, gathered: Gathered): void {
  const { properties, values, path, stack, arn } = governing;
  setTags(governing, properties.Tags, gathered);
  const from = values.text(properties.PropagateTags, path);
  const [definition = ''] = referencesIn(properties.TaskDefinition);
  const handed =
    from === 'SERVICE' ? properties.Tags : from === 'TASK_DEFINITION' ? stack.template.Resources[definition]?.Properties?.Tags : undefined;
  gathered.taskTags.set(arn, tagsIn(values.resolve(handed, path)));
}

/** A statement in the policy of a function (Lambda, AddPermission). */
function readPermission({ properties, values, path, stack }: Governing, gathered: Gathered): void {
  const named = values.text(properties.FunctionName, path);
  const principal = values.text(properties.Principal, path);
  if (named === undefined || principal === undefined) return;
  const fn = named.startsWith('arn:') ? named : `arn:aws:lambda:${stack.region}:${stack.account}:function:${named}`;
  const [SourceArn, SourceAccount] = [values.text(properties.SourceArn, path), values.text(properties.SourceAccount, path)];
  const Statement = {
    Effect: 'Allow',
    Action: values.text(properties.Action, path) ?? 'lambda:InvokeFunction',
    Resource: fn,
    Principal: principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal },
    Condition: {
      ...(properties.SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn ?? 'unknown' } }),
      ...(properties.SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount ?? 'unknown' } }),
    },
  };
  setPolicy(fn, statementsIn({ Statement }, path), gathered);
}

function statementsOf({ values, path }: Governing, document: unknown): readonly Statement[] {
  return values.statements(document, path);
}

function setPolicy(arn: string, statements: readonly Statement[], { resources }: Gathered): void {
  resources.set(arn, [...(resources.get(arn) ?? []), ...statements]);
}

/** A key of AWS's own, as an alias names it, anybody may use who may use what it encrypts. */
function setKey({ values, path, stack, arn }: Governing, key: unknown, { keys }: Gathered): void {
  const id = key === undefined ? undefined : values.text(key, path);
  if (id === undefined || /(^|:)alias\//.test(id)) return;
  keys.set(arn, id.startsWith('arn:') ? id : `arn:aws:kms:${stack.region}:${stack.account}:key/${id}`);
}

function setTags({ values, path, arn }: Governing, value: unknown, { tags }: Gathered): void {
  if (value !== undefined) tags.set(arn, tagsIn(values.resolve(value, path)));
}

function tagsIn(value: unknown): Readonly<Record<string, string>> {
  const listed = list(value) as readonly { readonly Key?: unknown; readonly Value?: unknown }[];
  return Object.fromEntries(listed.filter(({ Key }) => typeof Key === 'string').map(({ Key, Value }) => [String(Key), String(Value)]));
}

function takeOfAws(arn: string, { managed }: Gathered): void {
  const document = isOfAws(arn) ? managedDocument(arn) : undefined;
  if (document) managed.set(arn, statementsIn(document, arn));
}
