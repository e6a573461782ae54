import { type About, allowedChanges, type Draft, ifTold, valueChange } from './change';
import type { DeclaredFleet, DeclaredGrant, ToldGrants } from './declared';

const ALL = '*';
const NONE: ToldGrants = { grants: [], subjects: new Map(), terms: new Map() };
const NO_TERMS = 'as of any agent';

/** Who may call what: agents, what they are granted, and on what terms. */
export function callerChanges(before: DeclaredFleet | undefined, after: DeclaredFleet | undefined): Draft[] {
  const had = before === undefined ? new Map<string, string>() : before.agents;
  const has = after === undefined ? new Map<string, string>() : after.agents;
  return [
    ...ifTold({ what: 'agents' }, had, has, agentChanges),
    ...ifTold({ what: 'grants' }, before === undefined ? NONE : before.granted, after === undefined ? NONE : after.granted, grantedChanges),
  ];
}

function grantedChanges(before: ToldGrants, after: ToldGrants): Draft[] {
  return [...grantChanges(before.grants, after.grants), ...termsChanges(before.terms, after.terms)];
}

/** Shares and budgets allow nobody anything: they say how much of it. */
function termsChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Draft[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((agent) =>
    valueChange(
      { kind: 'capacity', agent, what: `share and sessions of ${agent}` },
      before.get(agent) ?? NO_TERMS,
      after.get(agent) ?? NO_TERMS,
    ),
  );
}

function agentChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Draft[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((agent): Draft[] => {
    const [had, has] = [before.get(agent), after.get(agent)];
    if (had !== undefined && has !== undefined) {
      const about = { kind: 'agent', agent, what: `subject that is ${agent}` } as const;
      return allowedChanges(about, [had], [has], 'calls with its tokens are refused');
    }
    // By itself an agent may do nothing: its grants tell what this allows.
    return [
      { kind: 'agent', agent, severity: 'changes', what: `agent ${agent}`, ...(has === undefined ? { before: had } : { after: has }) },
    ];
  });
}

function grantChanges(before: readonly DeclaredGrant[], after: readonly DeclaredGrant[]): Draft[] {
  const had = byPair(before);
  const has = byPair(after);
  return [...new Set([...had.keys(), ...has.keys()])].flatMap((pair) => grantChange(had.get(pair), has.get(pair)));
}

function byPair(grants: readonly DeclaredGrant[]): ReadonlyMap<string, DeclaredGrant> {
  return new Map(grants.map((grant) => [JSON.stringify([grant.agent, grant.server, grant.effect]), grant]));
}

/** What is denied widens where it becomes less: it is a grant read backwards. */
function grantChange(before: DeclaredGrant | undefined, after: DeclaredGrant | undefined): Draft[] {
  const { agent, server, effect } = (after ?? before) as DeclaredGrant;
  if (effect === 'deny') return denialChange({ kind: 'grant', agent, server, what: `${agent} is denied` }, before, after);
  const about: About = { kind: 'grant', agent, server, what: `${agent} may call` };
  const refused = 'these calls are refused';
  if (before === undefined && after !== undefined) return [{ ...about, severity: 'widens', after: wholeOf(after) }];
  if (before !== undefined && after === undefined) return [{ ...about, severity: 'narrows', before: wholeOf(before), breaks: refused }];
  if (before === undefined || after === undefined) return [];
  return [
    ...nameChanges(about, 'tools', before.tools, after.tools, refused),
    ...nameChanges({ ...about, what: `${agent} may read` }, 'resources', before.resources, after.resources, 'these reads are refused'),
    ...nameChanges({ ...about, what: `${agent} may get` }, 'prompts', before.prompts, after.prompts, 'these prompts are refused'),
    ...endChanges(about, before.expiresAt, after.expiresAt),
  ];
}

function denialChange(about: About, before: DeclaredGrant | undefined, after: DeclaredGrant | undefined): Draft[] {
  const [had, has] = [before && wholeOf(before), after && wholeOf(after)];
  if (had === has) return [];
  const refused = { severity: 'narrows', breaks: 'what it covers is refused' } as const;
  return [
    ...(has === undefined ? [] : [{ ...about, ...refused, after: has }]),
    ...(had === undefined ? [] : [{ ...about, severity: 'widens' as const, before: had }]),
  ];
}

function nameChanges(about: About, kind: string, before: readonly string[], after: readonly string[], refused: string): Draft[] {
  // From all to some, or back: what is more is not a list.
  if (before.includes(ALL) !== after.includes(ALL)) {
    const judgement = after.includes(ALL)
      ? ({ severity: 'widens' } as const)
      : ({ severity: 'narrows', breaks: kind === 'tools' ? 'calls of other tools are refused' : `other ${kind} are refused` } as const);
    return valueChange(about, shownNames(kind, before), shownNames(kind, after), judgement);
  }
  return before.includes(ALL) ? [] : allowedChanges(about, before, after, refused);
}

function endChanges(about: About, before: number, after: number): Draft[] {
  const ends = { ...about, what: `${about.agent} may call until` };
  if (after > before) return valueChange(ends, endOf(before), endOf(after), { severity: 'widens' });
  return valueChange(ends, endOf(before), endOf(after), { severity: 'narrows', breaks: 'calls after that are refused' });
}

function wholeOf({ tools, resources, prompts, expiresAt }: DeclaredGrant): string {
  const kinds = Object.entries({ tools, resources, prompts }).filter(([, names]) => names.length > 0);
  const named = kinds.map(([kind, names]) => (kind === 'tools' ? '' : `${kind} `) + shownNames(kind, names));
  return `${named.join(', ')}${Number.isFinite(expiresAt) ? `, until ${endOf(expiresAt)}` : ''}`;
}

function shownNames(kind: string, names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.includes(ALL) ? `all ${kind}` : names.join(', ');
}

function endOf(seconds: number): string {
  // Later than a Date can be is as good as never.
  return Math.abs(seconds) < 8e12 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : 'it is removed';
}
