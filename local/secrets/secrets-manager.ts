import { type SecretStore, type StoredSecret, secretNames } from './secret-store';

/** What the JSON protocol answers. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type Operation = (request: Readonly<Record<string, unknown>>, store: SecretStore) => JsonAnswer;

/** The part of Secrets Manager's API that programs use at run time; anything else is refused by name. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetSecretValue: (request, store) => withSecret(request, store, (secret) => getValue(secret, request)),
  DescribeSecret: (request, store) => withSecret(request, store, (secret) => ok(describe(secret))),
  ListSecrets: (_, store) => ok({ SecretList: store.list().map(describe) }),
  PutSecretValue: (request, store) => {
    if ([request.VersionStages].flat().includes('AWSPENDING')) return stage(request, store);
    const secret = store.put(String(request.SecretId), String(request.SecretString));
    if (!secret) return notFound();
    return ok({ ARN: secret.arn, Name: secret.name, VersionId: secret.versionId, VersionStages: ['AWSCURRENT'] });
  },
  UpdateSecretVersionStage: (request, store) => {
    const promoted =
      request.VersionStage === 'AWSCURRENT' ? store.promote(String(request.SecretId), String(request.MoveToVersionId)) : undefined;
    return promoted === undefined
      ? notFound("Secrets Manager can't find the version to move AWSCURRENT to.")
      : ok({ ARN: promoted.arn, Name: promoted.name });
  },
};

function stage(request: Readonly<Record<string, unknown>>, store: SecretStore): JsonAnswer {
  const version = String(request.ClientRequestToken);
  const secret = store.stage(String(request.SecretId), version, String(request.SecretString));
  return secret ? ok({ ARN: secret.arn, Name: secret.name, VersionId: version, VersionStages: ['AWSPENDING'] }) : notFound();
}

/** Answers one request of the `x-amz-json-1.1` protocol. */
export function answerSecretsManager(operation: string, request: Readonly<Record<string, unknown>>, store: SecretStore): JsonAnswer {
  const implementation = OPERATIONS[operation];
  if (implementation) return implementation(request, store);
  const message = `The local account has no secretsmanager:${operation}; it has ${Object.keys(OPERATIONS).join(', ')}.`;
  return failure('UnknownOperationException', message);
}

function getValue(secret: StoredSecret, request: Readonly<Record<string, unknown>>): JsonAnswer {
  const stage = request.VersionStage ?? 'AWSCURRENT';
  const { previous, pending } = secret;
  const versions = [
    { ...secret, stages: ['AWSCURRENT'] },
    ...(previous ? [{ ...previous, stages: ['AWSPREVIOUS'] }] : []),
    ...(pending?.value !== undefined ? [{ ...pending, value: pending.value, stages: ['AWSPENDING'] }] : []),
  ];
  const version = versions.find(({ versionId, stages }) =>
    request.VersionId === undefined ? stages.includes(String(stage)) : versionId === request.VersionId,
  );
  if (!version) return notFound(`Secrets Manager can't find the specified secret value for staging label: ${String(stage)}`);
  return ok({
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.versionId,
    VersionStages: version.stages,
    SecretString: version.value,
    CreatedDate: secret.createdAt / 1000,
  });
}

function describe(secret: StoredSecret): Record<string, unknown> {
  return {
    ARN: secret.arn,
    Name: secret.name,
    CreatedDate: secret.createdAt / 1000,
    VersionIdsToStages: {
      [secret.versionId]: ['AWSCURRENT'],
      ...(secret.previous && { [secret.previous.versionId]: ['AWSPREVIOUS'] }),
      ...(secret.pending && { [secret.pending.versionId]: ['AWSPENDING'] }),
    },
  };
}

function withSecret(request: Readonly<Record<string, unknown>>, store: SecretStore, use: (secret: StoredSecret) => JsonAnswer): JsonAnswer {
  const secret = store.find(String(request.SecretId));
  const fix = `No value was given for it here: mcp-fleet secret set ${secretNames(String(request.SecretId))[0]}`;
  return secret ? use(secret) : notFound(`Secrets Manager can't find the specified secret. ${fix}`);
}

function ok(body: Record<string, unknown>): JsonAnswer {
  return { status: 200, body };
}

function notFound(message = "Secrets Manager can't find the specified secret."): JsonAnswer {
  return failure('ResourceNotFoundException', message);
}

function failure(type: string, message: string): JsonAnswer {
  return { status: 400, body: { __type: type, message } };
}
