import { endpointOf } from '../core/aws-endpoint';
import { type AwsIdentity, Signer } from '../core/aws-signature';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where ECS hands out the credentials of a task's role (ECS Developer Guide, "Task IAM role"). */
const CREDENTIALS_HOST = 'http://169.254.170.2';
const API = 'AmazonEC2ContainerServiceV20141113';
const TIMEOUT_MS = 5_000;

/** ECS has refused, by the name of its error: `AccessDeniedException`, `ThrottlingException`. */
export class EcsRefusal extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Asks ECS in the name of the task's role, without the SDK: its client is larger than all of the sidecar, for a few requests a minute.
 * That seldom, credentials need not be kept either.
 */
export class EcsApi {
  /**
   * @param environment of a task: endpoint and role, by the variables that the SDK reads
   * @param region of the task, whatever a server's environment says
   */
  constructor(
    private readonly environment: Environment,
    private readonly region: string,
  ) {}

  /** @throws EcsRefusal, and what the network or the environment says */
  async ask(operation: 'DescribeServices' | 'DescribeTasks', input: object): Promise<unknown> {
    const url = endpointOf('ecs', { ...this.environment, AWS_REGION: this.region });
    const signer = new Signer(this.region, 'ecs', '1.1');
    const body = Buffer.from(JSON.stringify(input));
    const { host, pathname: path } = url;
    const fields = signer.sign({ host, path, target: `${API}.${operation}`, body }, await this.#identity(), new Date());
    const response = await fetch(url, { method: 'POST', headers: pairsOf(fields), body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const answer = (await response.json()) as { readonly __type?: string; readonly message?: string; readonly Message?: string };
    if (response.ok) return answer;
    const name = answer.__type?.replace(/^.*#/, '') ?? `status ${response.status}`;
    throw new EcsRefusal(name, answer.message ?? answer.Message ?? `${operation} was refused`);
  }

  /** The role's own first: what a server is declared to have stands in the same environment, where the server is a child. */
  async #identity(): Promise<AwsIdentity> {
    const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: uri } = this.environment;
    if (uri) return identityIn(await (await fetch(CREDENTIALS_HOST + uri, { signal: AbortSignal.timeout(TIMEOUT_MS) })).json());
    const { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, AWS_SESSION_TOKEN: Token } = this.environment;
    return identityIn({ AccessKeyId, SecretAccessKey, Token });
  }
}

/** As ECS hands credentials out. @throws Error when they are none */
function identityIn(given: unknown): AwsIdentity {
  const { AccessKeyId, SecretAccessKey, Token } = given as { AccessKeyId?: string; SecretAccessKey?: string; Token?: string };
  if (!AccessKeyId || !SecretAccessKey)
    throw new Error('there are no credentials of a role: ECS has the task none, or does not hand them out');
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, ...(Token && { sessionToken: Token }) };
}

/** Without `host`, which the request says by itself. */
function pairsOf(fields: readonly string[]): [string, string][] {
  return fields.flatMap((name, at) => (at % 2 === 1 || name === 'host' ? [] : [[name, fields[at + 1] as string] as [string, string]]));
}
