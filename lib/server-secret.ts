import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

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
    return new ServerSecret(name, ecs.Secret.fromSecretsManager(secret, field));
  }

  private constructor(
    /** Name of the environment variable. */
    readonly name: string,
    /** @internal */
    readonly _secret: ecs.Secret,
  ) {}
}
