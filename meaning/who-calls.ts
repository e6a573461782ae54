import { type About, allowedChanges, type Draft, ifTold, valueChange } from './change';
import type { DeclaredFleet, DeclaredGrant } from './declared';

const ALL = '*';

/** Who may call what: agents, and what they are granted. */
export function callerChanges(before: DeclaredFleet | undefined, after: DeclaredFleet | undefined): Draft[] {
  const had = before === undefined ? new Map<string, string>() : before.agents;
  const has = after === undefined ? new Map<string, string>() : after.agents;
  return [...ifTold({ what: 'agents' }, had, has, agentChanges), ...grantChanges(before?.grants ?? [], after?.grants ?? [])];
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
  return new Map(grants.map((grant) => [JSON.stringify([grant.agent, grant.server]), grant]));
}

function grantChange(before: DeclaredGrant | undefined, after: DeclaredGrant | undefined): Draft[] {
  const { agent, server } = (after ?? before) as DeclaredGrant;
  const about: About = { kind: 'grant', agent, server, what: `${agent} may call` };
  const refused = 'these calls are refused';
  if (before === undefined && after !== undefined) return [{ ...about, severity: 'widens', after: wholeOf(after) }];
  if (before !== undefined && after === undefined) return [{ ...about, severity: 'narrows', before: wholeOf(before), breaks: refused }];
  if (before === undefined || after === undefined) return [];
  return [...toolChanges(about, before.tools, after.tools, refused), ...endChanges(about, before.expiresAt, after.expiresAt)];
}

function toolChanges(about: About, before: readonly string[], after: readonly string[], refused: string): Draft[] {
  // From all tools to some, or back: what is more is not a list.
  if (before.includes(ALL) !== after.includes(ALL)) {
    const judgement = after.includes(ALL)
      ? ({ severity: 'widens' } as const)
      : ({ severity: 'narrows', breaks: 'calls of other tools are refused' } as const);
    return valueChange(about, toolsOf(before), toolsOf(after), judgement);
  }
  return before.includes(ALL) ? [] : allowedChanges(about, before, after, refused);
}

function endChanges(about: About, before: number, after: number): Draft[] {
  const ends = { ...about, what: `${about.agent} may call until` };
  if (after > before) return valueChange(ends, endOf(before), endOf(after), { severity: 'widens' });
  return valueChange(ends, endOf(before), endOf(after), { severity: 'narrows', breaks: 'calls after that are refused' });
}

function wholeOf({ tools, expiresAt }: DeclaredGrant): string {
  return `${toolsOf(tools)}${Number.isFinite(expiresAt) ? `, until ${endOf(expiresAt)}` : ''}`;
}

function toolsOf(tools: readonly string[]): string {
  return tools.includes(ALL) ? 'all tools' : tools.join(', ');
}

function endOf(seconds: number): string {
  // Later than a Date can be is as good as never.
  return Math.abs(seconds) < 8e12 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : 'it is removed';
}
