import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Credentials of the account's own parts, which open nothing outside this machine; no program of the account has them. */
export const LOCAL_CREDENTIALS = newCredentials();

/** Those of whoever runs the account: with them one deploys. No program has these either: each has those of its role. */
export const OPERATOR_CREDENTIALS = newCredentials();

/** Who signed a request, of those who have no role; undefined for whoever else is on this machine. */
export function signerOf(authorization: string | undefined): 'program' | 'operator' | undefined {
  const given = /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1] ?? '';
  if (isSame(given, LOCAL_CREDENTIALS.accessKeyId)) return 'program';
  return isSame(given, OPERATOR_CREDENTIALS.accessKeyId) ? 'operator' : undefined;
}

function newCredentials() {
  return {
    accessKeyId: `LOCAL${randomBytes(10).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('base64url'),
  };
}

function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

interface Endpoints {
  readonly dynamodb: string;
  readonly aws: string;
}

/** The environment that makes an unmodified AWS SDK talk to the local account and to nothing else. */
export function awsEnvironment(endpoints: Endpoints, region: string): Record<string, string> {
  return {
    ...endpointEnvironment(endpoints, region),
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
  };
}

/** The same without credentials. */
export function endpointEnvironment(endpoints: Endpoints, region: string): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.aws,
    AWS_ENDPOINT_URL_LAMBDA: endpoints.aws,
    // Any other service is refused by name there, rather than called on the internet.
    AWS_ENDPOINT_URL: endpoints.aws,
  };
}

/** The same with what the CDK command line tells an app of where it is deployed, as it derives it of these credentials. */
export function accountEnvironment(account: string, endpoints: Endpoints, region: string): Record<string, string> {
  return {
    ...awsEnvironment(endpoints, region),
    AWS_ACCESS_KEY_ID: OPERATOR_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: OPERATOR_CREDENTIALS.secretAccessKey,
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: region,
  };
}
