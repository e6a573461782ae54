import { DOCKER_SERVICE } from '../../local/aws/docker-service';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Asks the account that the environment names (`mcp-fleet env`), which knows its own by the access key. */
export async function askAccount<Answer>(operation: string, body: object, environment: Environment): Promise<Answer> {
  const { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: key, AWS_REGION: region = 'us-east-1' } = environment;
  if (!url || !key)
    throw new Error('AWS_ENDPOINT_URL and AWS_ACCESS_KEY_ID name no local account: run it by `mcp-fleet env -- npx cdk …`.');
  const scope = `${key}/${new Date().toISOString().slice(0, 10).replaceAll('-', '')}/${region}/${DOCKER_SERVICE}/aws4_request`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      'x-amz-target': `McpFleetDocker.${operation}`,
    },
    body: JSON.stringify(body),
  }).catch((cause: unknown) => {
    throw new Error(`no local account answers at ${url}. Start one with \`mcp-fleet local\`.`, { cause });
  });
  const result = (await answer.json()) as Answer & { readonly message?: string };
  if (!answer.ok) throw new Error(result.message ?? `status ${answer.status}`);
  return result;
}
