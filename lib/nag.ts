import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Records on one construct why a rule of cdk-nag's AwsSolutions pack does not apply to it.
 * @param finding the rule, with its finding in brackets where it has several: `IAM5[Resource::*]`
 */
export function acknowledge(construct: IConstruct, finding: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${finding}`, reason });
}

/** A resolved ARN as cdk-nag writes it in a finding: references in angle brackets. */
export function findingText(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved;
  const [name, value] = Object.entries(resolved as Record<string, unknown>)[0] ?? [];
  if (name === 'Ref') return `<${value}>`;
  if (name === 'Fn::GetAtt') return `<${(value as string[]).join('.')}>`;
  if (name === 'Fn::Join') {
    const [separator, parts] = value as [string, unknown[]];
    return parts.map(findingText).join(separator);
  }
  return JSON.stringify(resolved);
}
