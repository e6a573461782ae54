import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Credentials that open nothing outside this machine, and on it only this account: nobody else is told them. */
export const LOCAL_CREDENTIALS = {
  accessKeyId: `LOCAL${randomBytes(10).toString('hex').toUpperCase()}`,
  secretAccessKey: randomBytes(20).toString('base64url'),
} as const;

/** Whether a request was signed by a program of this account. What it may do here is not asked: roles are AWS's to enforce. */
export function isOurs(authorization: string | undefined): boolean {
  const given = Buffer.from(/Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1] ?? '');
  const expected = Buffer.from(LOCAL_CREDENTIALS.accessKeyId);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The environment that makes an unmodified AWS SDK talk to the local account and to nothing else. */
export function awsEnvironment(endpoints: { readonly dynamodb: string; readonly aws: string }, region: string): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.aws,
    AWS_ENDPOINT_URL_LAMBDA: endpoints.aws,
    // Any other service is refused by name there, rather than called on the internet.
    AWS_ENDPOINT_URL: endpoints.aws,
  };
}

/** The same with what the CDK command line tells an app of where it is deployed, as it derives it of these credentials. */
export function accountEnvironment(
  account: string,
  endpoints: Parameters<typeof awsEnvironment>[0],
  region: string,
): Record<string, string> {
  return { ...awsEnvironment(endpoints, region), CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region };
}
