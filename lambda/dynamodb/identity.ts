import type { AwsCredentialIdentity } from '@smithy/types';

/**
 * The function's role, by the variables in which Lambda hands it over (Lambda Developer Guide, "Defined runtime environment variables").
 * @throws CredentialsProviderError, by name, as the SDK has it
 */
export function identityOf(environment: Readonly<Record<string, string | undefined>>): AwsCredentialIdentity {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = environment;
  if (!accessKeyId || !secretAccessKey) {
    const message = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; Lambda sets them where a function has a role';
    throw Object.assign(new Error(message), { name: 'CredentialsProviderError' });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
