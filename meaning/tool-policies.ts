import { type About, type Draft, flagChange, valueChange } from './change';
import { shownText } from './shown';
import { type Members, membersOf, ownMember, textIn } from './told';

/** What a tool is taken for that nobody has declared. */
const UNDECLARED: Members = { effect: 'state_changing', key: 'fenced' };
const READ = 'only reads';
const WRITE = 'changes state';

/** What operators declare of tools. */
export function toolPolicyChanges(before: Members, after: Members): Draft[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((tool) => {
    const [had, has] = [membersOf(ownMember(before, tool)), membersOf(ownMember(after, tool))];
    const changes = toolChanges(tool, had ?? UNDECLARED, has ?? UNDECLARED);
    if (changes.length > 0 || (had !== undefined && has !== undefined)) return changes;
    const about: About = { kind: 'policy', what: `tool ${tool}` };
    return valueChange(about, had ? 'declared' : 'not declared', has ? 'declared, as what it was taken for' : 'not declared');
  });
}

function toolChanges(tool: string, before: Members, after: Members): Draft[] {
  const about = (what: string): About => ({ kind: 'policy', what: `tool ${tool}${what}` });
  const [reads, willRead] = [before, after].map(({ effect }) => effect === 'read_only') as [boolean, boolean];
  return [
    ...valueChange(about(''), reads ? READ : WRITE, willRead ? READ : WRITE, { severity: willRead ? 'widens' : 'narrows' }),
    ...flagChange(about(' needs a key'), needsKey(before), needsKey(after), 'narrows', 'calls without a key are refused'),
    ...keyArgumentChange(about(': argument that carries the key'), before, after),
    // What its server takes for a repetition is sent again.
    ...flagChange(about(' is sent again with its key'), before.honoursKey === true, after.honoursKey === true, 'widens'),
    ...flagChange(about(' can be cancelled'), before.cancellable === true, after.cancellable === true, 'changes'),
    ...reconcileChanges(tool, membersOf(before.reconcile), membersOf(after.reconcile)),
  ];
}

function needsKey({ effect, key }: Members): boolean {
  return effect !== 'read_only' && key === 'required';
}

function keyArgumentChange(about: About, { keyArgument: before }: Members, { keyArgument: after }: Members): Draft[] {
  const none = 'none';
  const breaks = { severity: 'breaks', breaks: 'keys in the former argument are not seen' } as const;
  return valueChange(about, textIn(before) ?? none, textIn(after) ?? none, before === undefined ? undefined : breaks);
}

function reconcileChanges(tool: string, before: Members | undefined, after: Members | undefined): Draft[] {
  const about = (what: string): About => ({ kind: 'policy', what: `tool ${tool}: ${what}` });
  if (before === undefined || after === undefined) {
    const none = 'nobody looks it up';
    return valueChange(about('a lost call'), before ? lookedUp(before) : none, after ? lookedUp(after) : none);
  }
  return [
    ...valueChange(about('a lost call is looked up by'), textIn(before.tool) ?? '', textIn(after.tool) ?? ''),
    ...(['arguments', 'landed', 'notLanded', 'result', 'effectSeconds'] as const).flatMap((member) =>
      valueChange(about(`${member} of its look-up`), expression(before[member]), expression(after[member])),
    ),
  ];
}

function lookedUp(reconcile: Members): string {
  return `looked up by ${textIn(reconcile.tool) ?? 'a read'}`;
}

function expression(value: unknown): string {
  return value === undefined ? 'none' : shownText(String(value));
}
