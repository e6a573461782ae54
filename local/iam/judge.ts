import { weigh } from './condition';
import { type Context, matches, matchesAction } from './pattern';
import type { Principal } from './principal';
import { holdsFor, type Reach } from './principal-match';
import type { Statement, StatementPlace } from './statement';

/** One action on one resource, in the words of the Service Authorization Reference. */
export interface Asked {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request, by their names in small letters. */
  readonly context: Context;
}

/** What is known of who asks, and of what is asked for. */
export interface Policies {
  /** Of the role; undefined for a service of AWS. */
  readonly identity?: readonly Statement[];
  /** The most that the role may be given. */
  readonly boundary?: readonly Statement[];
  /** Of the resource. */
  readonly resource?: readonly Statement[];
  /** Whether the resource's own policy has to let the account in before any other policy counts: a key's, and who may assume a role. */
  readonly guarded?: boolean;
}

export type Verdict = Allowed | Refused;

export interface Allowed {
  readonly allowed: true;
  /** Each statement that alone is enough. */
  readonly by: readonly StatementPlace[];
  readonly keys: readonly string[];
}

export interface Refused {
  readonly allowed: false;
  /** As AWS says it. */
  readonly because: string;
  /** What stood in a statement and is not known here, in words. */
  readonly unknown: readonly string[];
  readonly keys: readonly string[];
}

/** Judges as IAM does within one account (IAM User Guide, "Policy evaluation logic"): a denial wins, then one that allows is needed. */
export function judge(principal: Principal, asked: Asked, { identity = [], boundary, resource = [], guarded = false }: Policies): Verdict {
  const own = sift(identity, asked);
  const limit = boundary && sift(boundary, asked);
  const given = sift(resource, asked, principal);
  const all = [own, given, ...(limit ? [limit] : [])];
  const keys = [...new Set(all.flatMap((sifted) => sifted.keys))];
  const unknown = [...new Set(all.flatMap((sifted) => sifted.unknown))];
  const refuse = (because: string): Refused => ({ allowed: false, because, unknown, keys });
  const denied = KINDS.find(([kind]) => ({ own, given, limit })[kind]?.denies.length);
  if (denied) return refuse(`with an explicit deny in ${denied[1]}`);
  const direct = given.allows.filter(({ reach }) => reach !== 'account').map(({ place }) => place);
  const byIdentity = own.allows.map(({ place }) => place);
  const lets = `allows the ${asked.action} action`;
  if (guarded && given.allows.length === 0) return refuse(`because no resource-based policy ${lets}`);
  if (direct.length === 0 && byIdentity.length === 0)
    return refuse(`because no ${principal.kind === 'service' ? 'resource' : 'identity'}-based policy ${lets}`);
  // What a resource gives to a session by its own name, no boundary of the role takes.
  const beyond = given.allows.some(({ reach }) => reach === 'session');
  if (limit && limit.allows.length === 0 && !beyond) return refuse(`because no permissions boundary ${lets}`);
  return { allowed: true, by: [...byIdentity, ...direct], keys };
}

const KINDS = [
  ['own', 'an identity-based policy'],
  ['given', 'a resource-based policy'],
  ['limit', 'a permissions boundary'],
] as const;

interface Sifted {
  readonly allows: readonly { readonly place: StatementPlace; readonly reach: Reach }[];
  readonly denies: readonly StatementPlace[];
  readonly keys: readonly string[];
  readonly unknown: readonly string[];
}

/** The statements that are about what is asked. @param principal where it is a resource's policy, whose statements name whom they mean */
function sift(statements: readonly Statement[], asked: Asked, principal?: Principal): Sifted {
  const sifted = {
    allows: [] as Sifted['allows'][number][],
    denies: [] as StatementPlace[],
    keys: [] as string[],
    unknown: [] as string[],
  };
  for (const statement of statements) {
    if (!isAbout(statement, asked) || (principal === undefined && isAboutNothing(statement))) continue;
    const reach = principal === undefined ? 'role' : holdsFor(statement, principal);
    if (reach === undefined) continue;
    const { holds, unknown, keys } = weigh(statement.conditions, asked.context);
    sifted.keys.push(...keys);
    if (unknown !== undefined) sifted.unknown.push(`${unknown} in statement ${statement.place.index} of ${statement.place.policy}`);
    // What cannot be read counts against who asks.
    if (statement.effect === 'Deny') {
      if (holds !== false) sifted.denies.push(statement.place);
    } else if (holds === true) sifted.allows.push({ place: statement.place, reach });
  }
  return sifted;
}

/** A role's own statement has to name resources; who assumes a role need not. */
function isAboutNothing({ resources, notResources }: Statement): boolean {
  return resources === undefined && notResources === undefined;
}

function isAbout({ actions, notActions, resources, notResources }: Statement, { action, resource, context }: Asked): boolean {
  const named = (patterns: readonly string[]): boolean => patterns.some((pattern) => matchesAction(pattern, action));
  if (actions ? !named(actions) : named(notActions ?? [])) return false;
  const meant = (patterns: readonly string[]): boolean => patterns.some((pattern) => matches(pattern, resource, context));
  if (resources) return meant(resources);
  return notResources === undefined || !meant(notResources);
}
