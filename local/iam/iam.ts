import type { Stack } from '../assembly/cloud-assembly';
import type { World } from '../template/scope';
import { contextOf, type Given } from './context';
import { denialText, missingStatement } from './denial';
import { type Asked, judge, type Refused } from './judge';
import { keyHolderOf, keyUsesOf } from './key-uses';
import { NO_POLICIES, type PolicyBook, readPolicies } from './policy-book';
import { nameOf, type Principal, type RoleSession } from './principal';
import { Sessions } from './sessions';
import { type Use, Uses } from './uses';

/** What a request asks for: one action on one resource. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of its own. */
  readonly context?: Given;
}

/** What one call comes to, not yet written down. */
export interface Decision {
  readonly allowed: boolean;
  /** As AWS says it, where it is refused. */
  readonly text?: string;
  readonly uses: readonly Use[];
  readonly refusal?: { readonly who: string; readonly action: string; readonly resource: string; readonly missing: string };
  /** Condition keys that were looked at, in small letters. */
  readonly keys: readonly string[];
}

export interface IamOptions {
  readonly region: string;
  readonly account: string;
  readonly now?: () => Date;
  /** Told, once for each role and action, what was refused; and of policies that cannot be read. */
  readonly tell: (what: string) => void;
}

/** What everybody in the account may do, as its templates say it. */
export class Iam {
  readonly sessions = new Sessions();
  readonly uses = new Uses();
  private source: { readonly stacks: readonly Stack[]; readonly world: World } | undefined;
  private read: PolicyBook | undefined = NO_POLICIES;
  /** ARNs of the services that tasks belong to, by the task's. */
  private readonly services = new Map<string, string>();
  private readonly told = new Set<string>();
  private readonly followers: (() => Promise<void>)[] = [];
  private isStale = false;

  constructor(readonly options: IamOptions) {}

  /** From now on these templates say it, in a world in which what they name may still come to be. */
  adopt(stacks: readonly Stack[], world: World): void {
    this.source = { stacks, world };
    this.changed();
  }

  /** Something that policies may name has come to be, or is gone. */
  changed(): void {
    this.read = undefined;
    if (this.isStale) return;
    this.isStale = true;
    setImmediate(() => void this.settled());
  }

  /** @param forget resolves when nothing is decided any more by policies of before */
  follow(forget: () => Promise<void>): void {
    this.followers.push(forget);
  }

  /** Resolves when whoever keeps decisions has forgotten those of before: to be awaited before a program may ask. */
  async settled(): Promise<void> {
    if (!this.isStale) return;
    this.isStale = false;
    await Promise.all(this.followers.map((forget) => forget()));
  }

  get book(): PolicyBook {
    const { source } = this;
    this.read ??= source ? readPolicies(source.stacks, source.world, (problem) => this.tellOnce(problem)) : NO_POLICIES;
    return this.read;
  }

  /** Whether a role is one of the templates: what others may do is not known here. */
  judges({ role }: RoleSession): boolean {
    const known = this.book.roles.get(role);
    return known !== undefined && !known.deploys;
  }

  /** A task is there, and has the tags that its service hands down. */
  admitTask(task: string, service: string): void {
    this.services.set(task, service);
  }

  dismissTask(task: string): void {
    this.services.delete(task);
  }

  /** Judges and writes down. @returns the text of AWS for the first that is refused */
  authorize(principal: Principal, calls: readonly Call[]): string | undefined {
    for (const call of calls) {
      const decision = this.decide(principal, call);
      this.record(decision, 1);
      if (!decision.allowed) return decision.text ?? 'Access Denied';
    }
    return undefined;
  }

  decide(principal: Principal, call: Call): Decision {
    if (principal.kind === 'role' && !this.judges(principal)) return { allowed: true, uses: [], keys: [] };
    const own = this.decideOne(principal, call);
    const key = this.book.keys.get(keyHolderOf(call.resource));
    if (!own.allowed || key === undefined || principal.kind === 'service') return own;
    const withKey = keyUsesOf(call.action, call.resource, this.options.region).map(({ action, context }) =>
      this.decideOne(principal, { action, resource: key, context }),
    );
    const refused = withKey.find(({ allowed }) => !allowed);
    const all = [own, ...withKey];
    return { ...(refused ?? own), uses: all.flatMap(({ uses }) => uses), keys: all.flatMap(({ keys }) => keys) };
  }

  record({ uses, refusal, text = '' }: Decision, times: number): void {
    this.uses.record(uses, times);
    if (!refusal) return;
    this.uses.refuse({ ...refusal, text }, times);
    this.tellOnce(`${text}; it would take ${refusal.missing}`, `${refusal.who} ${refusal.action}`);
  }

  private decideOne(principal: Principal, { action, resource, context = {} }: Call): Decision {
    const { book, options } = this;
    const role = principal.kind === 'role' ? book.roles.get(principal.role) : undefined;
    const holder = keyHolderOf(resource);
    const ofResource = book.resources.get(resource) ?? book.resources.get(holder) ?? book.roles.get(resource)?.trust;
    const { region, now = () => new Date() } = options;
    const resourceTags = book.tags.get(holder) ?? book.taskTags.get(this.services.get(resource) ?? '') ?? {};
    const surroundings = { region, now: now(), principalTags: role?.tags ?? {}, resourceTags, service: action.replace(/:.*/, '') };
    const asked: Asked = { action, resource, context: contextOf(principal, context, surroundings) };
    const verdict = judge(principal, asked, {
      ...(role && { identity: role.identity }),
      ...(role?.boundary && { boundary: role.boundary }),
      ...(ofResource && { resource: ofResource }),
      guarded: ofResource !== undefined && /^(kms|sts):/.test(action),
    });
    const who = principal.kind === 'role' ? principal.role : principal.service;
    if (role?.unknownBoundary)
      this.tellOnce(`${role.name} has the boundary ${role.unknownBoundary}, whose text is not known here: it limits nothing`);
    if (verdict.allowed) return { allowed: true, uses: [{ who, action, resource, by: verdict.by }], keys: verdict.keys };
    // A policy whose text only AWS has may be what allows it.
    if (role && role.unknown.length > 0 && isForWantOf(verdict)) {
      this.tellOnce(
        `${nameOf(principal)} has ${role.unknown.join(', ')}, whose text is not known here: what no other policy allows is let pass`,
      );
      return { allowed: true, uses: [], keys: verdict.keys };
    }
    const refusal = { who, action, resource, missing: missingStatement(asked) };
    return { allowed: false, text: denialText(principal, asked, verdict), uses: [], refusal, keys: verdict.keys };
  }

  private tellOnce(what: string, about = what): void {
    if (this.told.has(about)) return;
    this.told.add(about);
    this.options.tell(what);
  }
}

function isForWantOf({ because }: Refused): boolean {
  return because.startsWith('because no identity-based');
}
