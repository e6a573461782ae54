import { Stack, Tags, Token, Validations } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { FLEET_TAG } from './perms';
import { type Problem, refuse } from './problems';
import { Words } from './shown';

/** A log group that a company has, for one program. */
export interface GivenLogGroup {
  /** Which property, as it is written in code. */
  readonly what: string;
  readonly group: logs.ILogGroup;
  /** Who writes there: a program of the fleet, whose lines are metrics as well, or a server, whose lines must not be. */
  readonly lines: 'own' | 'foreign';
}

/**
 * Log groups in place of those that a fleet would make. A group's class says whether CloudWatch takes lines for metrics (CloudWatch Logs User Guide,
 * "Log classes"): ours have to be taken, and a server's must not be, or it could speak in the name of another. No import tells the class.
 */
export class GivenLogs {
  private readonly takers = new Map<string, string>();

  constructor(private readonly fleetName: string) {}

  /** @returns the group, which has the fleet's tag where this app makes it: operators read what has it */
  take(scope: IConstruct, given: GivenLogGroup): logs.ILogGroup {
    const { what, group } = given;
    refuse(scope, [...elsewhere(scope, given), ...misclassed(given), ...this.twice(given)]);
    this.takers.set(group.logGroupName, `${what} of ${scope.node.path}`);
    if (isMade(group)) Tags.of(group).add(FLEET_TAG, this.fleetName);
    else {
      const text = `${what} is the log group ${group.node.path}, which this app does not make: it must be of the class Standard, or nothing scales and no alarm sounds. Operators of the fleet read it as soon as it has the tag ${FLEET_TAG} = ${this.fleetName}, whatever else is in it.`;
      Validations.of(scope).addWarning('cdk-mcp-fleet:logGroup', text);
    }
    return group;
  }

  /** Lines of two programs could not be told apart. */
  private twice({ what, group }: GivenLogGroup): Problem[] {
    const first = this.takers.get(group.logGroupName);
    if (first === undefined) return [];
    return [{ what, got: group, allowed: 'each log group for one program', fix: `It is the ${first} already: make another one.` }];
  }
}

/** Containers and functions write into groups of their own account and region. */
function elsewhere(scope: IConstruct, { what, group }: GivenLogGroup): Problem[] {
  const here = Stack.of(scope);
  return (['region', 'account'] as const).flatMap((place) => {
    const [there, own] = [group.env[place], here[place]];
    if (Token.isUnresolved(there) || Token.isUnresolved(own) || there === own) return [];
    const fix = 'Name one there, or leave it out: one is made.';
    return [{ what, got: new Words(`a log group of the ${place} ${there}`), allowed: `one of the ${place} ${own}`, fix }];
  });
}

function misclassed({ what, group, lines }: GivenLogGroup): Problem[] {
  const known = classOf(group);
  const got = new Words(known === undefined ? 'a log group whose class this app does not tell' : `a log group of the class ${known}`);
  if (lines === 'own') {
    if (known === undefined || known === logs.LogGroupClass.STANDARD) return [];
    const fix = 'In others CloudWatch finds no metrics: nothing would scale, and no alarm sound.';
    return [{ what, got, allowed: `one of the class ${logs.LogGroupClass.STANDARD}`, fix }];
  }
  if (known === logs.LogGroupClass.INFREQUENT_ACCESS) return [];
  const fix =
    'In others a server can print metrics in the name of another: write new LogGroup(…, { logGroupClass: LogGroupClass.INFREQUENT_ACCESS }), or leave it out, and one is made.';
  return [{ what, got, allowed: `one that this app makes, of the class ${logs.LogGroupClass.INFREQUENT_ACCESS}`, fix }];
}

function isMade(group: logs.ILogGroup): boolean {
  return group.node.defaultChild instanceof logs.CfnLogGroup;
}

/** Undefined where only its owner knows. */
function classOf({ node: { defaultChild } }: logs.ILogGroup): string | undefined {
  if (!(defaultChild instanceof logs.CfnLogGroup)) return undefined;
  const { logGroupClass = logs.LogGroupClass.STANDARD } = defaultChild;
  return Token.isUnresolved(logGroupClass) ? undefined : logGroupClass;
}
