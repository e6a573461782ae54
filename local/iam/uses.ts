import type { KnownRole } from './known-role';
import { matchesAction } from './pattern';
import type { PermissionRow, RefusalRow } from './permissions';
import type { StatementPlace } from './statement';

/** That a role did something, and which statements let it: each of them alone is enough. */
export interface Use {
  /** ARN; of a service of AWS its name. */
  readonly who: string;
  readonly action: string;
  readonly resource: string;
  readonly by: readonly StatementPlace[];
}

export interface UseRow extends Use {
  readonly times: number;
}

/** What was done under roles, and what was refused, in one run. */
export class Uses {
  private readonly done = new Map<string, UseRow>();
  private readonly denied = new Map<string, RefusalRow>();

  record(uses: readonly Use[], times: number): void {
    for (const use of uses) {
      const resource = generalOf(use.resource);
      const key = JSON.stringify([use.who, use.action, resource, use.by]);
      this.done.set(key, { ...use, resource, times: (this.done.get(key)?.times ?? 0) + times });
    }
  }

  /** @returns whether it is the first time that this role is refused this action */
  refuse(refusal: Omit<RefusalRow, 'times'>, times: number): boolean {
    const resource = generalOf(refusal.resource);
    const key = JSON.stringify([refusal.who, refusal.action, resource]);
    const isFirst = ![...this.denied.values()].some(({ who, action }) => who === refusal.who && action === refusal.action);
    this.denied.set(key, { ...refusal, resource, times: (this.denied.get(key)?.times ?? 0) + times });
    return isFirst;
  }

  rows(): readonly UseRow[] {
    return [...this.done.values()];
  }

  refusals(): readonly RefusalRow[] {
    return [...this.denied.values()];
  }

  /** Every action of every statement that allows something to a role. */
  permissions(roles: Iterable<KnownRole>): readonly PermissionRow[] {
    const rows = this.rows();
    return [...roles].flatMap((role) =>
      role.identity
        .filter(({ effect }) => effect === 'Allow')
        .flatMap(({ place, actions = ['*'], resources = [] }) =>
          actions.map((action) => {
            const own = rows.filter((row) => row.who === role.arn && matchesAction(action, row.action) && row.by.some(isAt(place)));
            const used = own.reduce((sum, { times }) => sum + times, 0);
            return { role: role.name, policy: place.policy, statement: place.index, action, resources, used };
          }),
        ),
    );
  }
}

function isAt({ policy, index }: StatementPlace): (other: StatementPlace) => boolean {
  return (other) => other.policy === policy && other.index === index;
}

/** What there are any number of goes by one name: objects, tasks, log streams. */
function generalOf(resource: string): string {
  return resource
    .replace(/^(arn:[^:]+:s3:::[^/]+\/).*$/, '$1*')
    .replace(/^(arn:[^:]+:ecs:[^:]+:\d+:task\/[^/]+\/).*$/, '$1*')
    .replace(/(:log-stream:).*$/, '$1*');
}
