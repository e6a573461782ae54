/** Who asks: a session of a role, or a service of AWS in its own name. */
export type Principal = RoleSession | ServicePrincipal;

export interface RoleSession {
  readonly kind: 'role';
  /** ARN of the role. */
  readonly role: string;
  readonly session: string;
}

export interface ServicePrincipal {
  readonly kind: 'service';
  /** Such as `events.amazonaws.com`. */
  readonly service: string;
  /** ARN of what it acts for. */
  readonly sourceArn: string;
}

const ROLE_ARN = /^arn:[\w-]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

/** Account and name in the ARN of a role. @throws Error for another ARN */
export function roleIn(arn: string): { readonly account: string; readonly name: string } {
  const [, account, name] = ROLE_ARN.exec(arn) ?? [];
  if (account === undefined || name === undefined) throw new Error(`${arn} is no ARN of a role.`);
  return { account, name };
}

/** As AWS names a session: without the path of its role. */
export function sessionArn({ role, session }: RoleSession): string {
  const { account, name } = roleIn(role);
  return `arn:aws:sts::${account}:assumed-role/${name}/${session}`;
}

/** As the texts of AWS name who asks. */
export function nameOf(principal: Principal): string {
  return principal.kind === 'service' ? principal.service : sessionArn(principal);
}
