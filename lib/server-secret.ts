import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { having, optional, text, unshown } from './kinds';
import type { Problem } from './problems';

const NAME = unshown(text('Write the name of an environment variable.'));
const SECRET = unshown(
  having('secretArn', 'a secret of Secrets Manager', 'Write Secret.fromSecretNameV2(…): its value belongs into no code and no template.'),
);
const FIELD = optional(unshown(text('Write the key of a JSON secret, or leave it out.')));

/** A secret that a server holds. No agent, result or log line ever carries it. */
export class ServerSecret {
  /**
   * An environment variable of the server's container, filled by ECS when a task starts. A rotated value arrives with
   * the next task: force a new deployment after rotation.
   * @param name name of the environment variable
   * @param secret where the value is
   * @param field key of a JSON secret; the whole value when left out
   */
  static environment(name: string, secret: secretsmanager.ISecret, field?: string): ServerSecret {
    return new ServerSecret(name, secret, field);
  }

  private constructor(
    /** Name of the environment variable. */
    readonly name: string,
    private readonly secret: secretsmanager.ISecret,
    private readonly field?: string,
  ) {}

  /** @internal */
  get _secret(): ecs.Secret {
    return ecs.Secret.fromSecretsManager(this.secret, this.field);
  }

  /** @internal */
  _problems(what: string): Problem[] {
    return [...NAME(`${what} name`, this.name), ...SECRET(`${what} secret`, this.secret), ...FIELD(`${what} field`, this.field)];
  }
}
