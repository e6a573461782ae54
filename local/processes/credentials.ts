/** Credentials that open nothing outside this machine. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'LOCALACCOUNT', secretAccessKey: 'local-account' } as const;

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
