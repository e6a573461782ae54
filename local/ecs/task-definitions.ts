import type { TaskDefinition } from './task-definition';
import { revisionOf } from './task-definition';

/** The task definitions of the account. */
export class TaskDefinitions {
  private readonly byArn = new Map<string, TaskDefinition>();
  /** The last revision of each family: a number is never given twice, also not when its definition is gone. */
  private readonly revisions = new Map<string, number>();

  /** @param arnOf ARN of a revision */
  register(definition: Omit<TaskDefinition, 'arn'>, arnOf: (revision: number) => string): TaskDefinition {
    const revision = (this.revisions.get(definition.family) ?? 0) + 1;
    const registered = { ...definition, arn: arnOf(revision) };
    this.revisions.set(definition.family, revision);
    this.byArn.set(registered.arn, registered);
    return registered;
  }

  get(arn: string): TaskDefinition | undefined {
    return this.byArn.get(arn);
  }

  /** The newest one of a family. */
  latest(family: string): TaskDefinition | undefined {
    const own = this.all().filter((definition) => definition.family === family);
    return own.sort((one, other) => Number(revisionOf(one)) - Number(revisionOf(other))).at(-1);
  }

  /** By ARN, as `family:revision`, or by the family alone: its newest one. */
  find(id: string): TaskDefinition | undefined {
    return this.get(id) ?? this.all().find((definition) => `${definition.family}:${revisionOf(definition)}` === id) ?? this.latest(id);
  }

  all(): readonly TaskDefinition[] {
    return [...this.byArn.values()];
  }

  delete(arn: string): void {
    this.byArn.delete(arn);
  }
}
