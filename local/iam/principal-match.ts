import { matchesArn } from './pattern';
import { type Principal, roleIn, sessionArn } from './principal';
import type { Principals, Statement } from './statement';

/** How far a statement of a resource's policy reaches: to this session, to its role (or everybody), or to its account as a whole. */
export type Reach = 'session' | 'role' | 'account';

/** Undefined where the statement is about others. */
export function holdsFor({ principals, notPrincipals }: Statement, principal: Principal): Reach | undefined {
  if (notPrincipals !== undefined) return reachIn(notPrincipals, principal) === undefined ? 'role' : undefined;
  return principals === undefined ? undefined : reachIn(principals, principal);
}

function reachIn(principals: Principals, principal: Principal): Reach | undefined {
  if (principals === '*') return 'role';
  const { AWS = [], Service = [] } = principals;
  if (AWS.includes('*')) return 'role';
  if (principal.kind === 'service') return Service.some((name) => matchesService(name, principal.service)) ? 'role' : undefined;
  const { account } = roleIn(principal.role);
  if (AWS.includes(sessionArn(principal))) return 'session';
  if (AWS.includes(principal.role)) return 'role';
  return AWS.some((name) => name === account || matchesArn(name, `arn:aws:iam::${account}:root`, new Map())) ? 'account' : undefined;
}

/** `logs.eu-central-1.amazonaws.com` is `logs.amazonaws.com` there. */
function matchesService(name: string, service: string): boolean {
  const [first = '', ...rest] = name.split('.');
  return name === service || (rest.length > 2 && `${first}.${rest.slice(-2).join('.')}` === service);
}
