import type { Functions } from '../../lambda/lambda-api';
import type { SecretStore } from '../../secrets/secret-store';
import type { Call } from '../iam';
import { askedOfEcs } from './ecs';
import { arnIn, fieldsOf, operationOf, type SignedRequest } from './request';
import { askedOfS3 } from './s3';
import { askedOfSecrets } from './secrets';

/** What of the account tells which resource a request means. */
export interface Known {
  readonly secrets: Pick<SecretStore, 'find'>;
  readonly functions: Pick<Functions, 'find'>;
}

type Asking = (signed: SignedRequest, known: Known) => readonly Call[];

const ASKING: Readonly<Record<string, Asking>> = {
  s3: askedOfS3,
  secretsmanager: (signed, { secrets }) => askedOfSecrets(signed, secrets),
  ecs: askedOfEcs,
  lambda: askedOfLambda,
  logs: askedOfLogs,
  cloudformation: askedOfStacks,
  sts: askedOfSts,
  ssm: (signed) =>
    namedIn(signed, 'ssm', ({ Name }) => (Name === undefined ? '*' : arnIn('ssm', `parameter/${String(Name).replace(/^\//, '')}`, signed))),
};

/**
 * What a request asks for, in the words of the Service Authorization Reference. Of a service or an operation whose resources are not known here
 * everything is asked for: only who may do it to all may do it.
 */
export function askedOf(service: string, signed: SignedRequest, known: Known): readonly Call[] {
  const asking = Object.hasOwn(ASKING, service) ? ASKING[service] : undefined;
  return asking ? asking(signed, known) : namedIn(signed, service, () => '*');
}

/** APIs that speak the query protocol: what they do stands in the body, whatever a header says. */
const BY_FORM = ['cloudformation', 'sts'];

/** @param resourceOf its ARN, by the members of the request */
function namedIn(
  signed: SignedRequest,
  service: string,
  resourceOf: (fields: Readonly<Record<string, unknown>>) => string,
): readonly Call[] {
  const operation = BY_FORM.includes(service) ? (new URLSearchParams(signed.body).get('Action') ?? 'Unknown') : operationOf(signed);
  return [{ action: `${service}:${operation}`, resource: resourceOf(fieldsOf(signed)) }];
}

/** Invoke, by function; what changes functions is asked for all of them. */
function askedOfLambda(signed: SignedRequest, { functions }: Known): readonly Call[] {
  const { method, url = '' } = signed.request;
  const [, id] = /^\/[\d-]+\/functions\/([^/?]+)\/invocations(?:\?.*)?$/.exec(url) ?? [];
  if (method !== 'POST' || id === undefined) return [{ action: `lambda:${method} ${url}`, resource: '*' }];
  const name = decodeURIComponent(id);
  const resource = functions.find(name)?.settings.arn ?? (name.startsWith('arn:') ? name : arnIn('lambda', `function:${name}`, signed));
  return [{ action: 'lambda:InvokeFunction', resource, context: { 'lambda:FunctionArn': resource } }];
}

function askedOfLogs(signed: SignedRequest): readonly Call[] {
  return namedIn(signed, 'logs', ({ logGroupName, logGroupIdentifier }) => {
    const group = logGroupName ?? logGroupIdentifier;
    return group === undefined ? '*' : arnIn('logs', `log-group:${String(group).replace(/^arn:.*:log-group:/, '')}:*`, signed);
  });
}

function askedOfStacks(signed: SignedRequest): readonly Call[] {
  const name = new URLSearchParams(signed.body).get('StackName');
  return namedIn(signed, 'cloudformation', () =>
    name === null ? '*' : name.startsWith('arn:') ? name : arnIn('cloudformation', `stack/${name}/local`, signed),
  );
}

/** Who one is, anybody may ask. */
function askedOfSts(signed: SignedRequest): readonly Call[] {
  const fields = new URLSearchParams(signed.body);
  if (fields.get('Action') === 'GetCallerIdentity') return [];
  return namedIn(signed, 'sts', () => fields.get('RoleArn') ?? '*');
}
