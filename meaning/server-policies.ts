import { DEFAULT_QUEUE, DEFAULT_RECOVERY, LONGEST_CALL_SECONDS } from '../core/fleet-config';
import { type About, allowedChanges, type Draft, flagChange, ifTold, valueChange } from './change';
import { digestOf } from './shown';
import { textOf } from './symbolic';
import { listOf, type Members, membersOf, numberIn, textIn } from './told';
import { toolPolicyChanges } from './tool-policies';

/** What the gateway is told to do with calls to a server. Flags that it is not told of are off: the constructs leave them out. */
export function policyChanges(before: Members, after: Members): Draft[] {
  const about = (what: string): About => ({ kind: 'policy', what });
  const isOn = (config: Members, flag: string): boolean => config[flag] === true;
  const trusted = 'the server’s own hints are believed, for tools that are not declared';
  return [
    ...ifTold({ what: 'policies of tools' }, membersOf(before.tools), membersOf(after.tools), toolPolicyChanges),
    ...flagChange(about(trusted), isOn(before, 'trustAnnotations'), isOn(after, 'trustAnnotations'), 'widens'),
    ...flagChange(
      about('agents may call fleet_call_outcome'),
      isOn(before, 'outcomeTool'),
      isOn(after, 'outcomeTool'),
      'widens',
      'calls of it are refused',
    ),
    ...methodChanges(membersOf(before.methods) ?? {}, membersOf(after.methods) ?? {}),
    ...valueChange(about('error codes that are final'), codesOf(before), codesOf(after)),
    ...valueChange(about('recovery of a lost call'), recoveryOf(before), recoveryOf(after)),
    ...timeChanges(before, after),
    ...remoteChanges(membersOf(before.remote) ?? {}, membersOf(after.remote) ?? {}),
  ];
}

/** What the gateway cuts, and when. */
function timeChanges(before: Members, after: Members): Draft[] {
  const longest = ({ longestCallSeconds }: Members) => numberIn(longestCallSeconds) ?? LONGEST_CALL_SECONDS;
  const age = ({ listenSeconds }: Members) => numberIn(listenSeconds) ?? Number.POSITIVE_INFINITY;
  const inWords = (seconds: number) => (seconds === Number.POSITIVE_INFINITY ? 'they may stay open' : `${seconds} s`);
  const cut = { severity: 'breaks', breaks: 'calls that take longer end as OUTCOME_UNKNOWN' } as const;
  const ended = { severity: 'breaks', breaks: 'agents have to open another stream by then' } as const;
  return [
    ...valueChange(
      { kind: 'policy', what: 'an answer may take' },
      inWords(longest(before)),
      inWords(longest(after)),
      longest(after) < longest(before) ? cut : undefined,
    ),
    ...valueChange(
      { kind: 'policy', what: 'listen streams end after' },
      inWords(age(before)),
      inWords(age(after)),
      age(after) < age(before) ? ended : undefined,
    ),
  ];
}

/** What becomes of sessions; of servers that the fleet runs. */
export function sessionPolicyChanges(before: Members, after: Members): Draft[] {
  const lost = { severity: 'breaks', breaks: 'a session whose instance is lost is not opened again' } as const;
  return [
    ...ifTold({ what: 'a session whose instance is lost' }, textIn(before.onLoss), textIn(after.onLoss), (had, has) =>
      valueChange({ kind: 'policy', what: 'a session whose instance is lost' }, had, has, has === 'surface' ? lost : undefined),
    ),
    ...ifTold({ what: 'requests that go to one instance' }, textIn(before.affinity), textIn(after.affinity), (had, has) =>
      valueChange({ kind: 'policy', what: 'requests without a session that go to one instance' }, had, has),
    ),
    ...valueChange({ kind: 'capacity', what: 'requests that wait for a slot' }, queueOf(before), queueOf(after)),
  ];
}

function methodChanges(before: Members, after: Members): Draft[] {
  const about: About = { kind: 'policy', what: 'own methods that pass' };
  const both = Object.keys(before).filter((name) => Object.hasOwn(after, name));
  return [
    ...allowedChanges(about, Object.keys(before), Object.keys(after), 'they do not reach the server any more'),
    ...both.flatMap((name) => {
      const [had, has] = [membersOf(before[name]) ?? {}, membersOf(after[name]) ?? {}];
      return [
        ...valueChange({ ...about, what: `own method ${name}` }, textOf(had.kind), textOf(has.kind), {
          severity: 'breaks',
          breaks: 'it does not reach the server as what it was',
        }),
        // Where its answer is lost it is asked again.
        ...flagChange({ ...about, what: `own method ${name} only reads` }, had.readOnly === true, has.readOnly === true, 'widens'),
      ];
    }),
  ];
}

function remoteChanges(before: Members, after: Members): Draft[] {
  const about = (what: string): About => ({ kind: 'policy', what });
  const early = (remote: Members): boolean => remote.rateLimitsBeforeExecution === true;
  return [
    ...valueChange({ kind: 'capacity', what: 'connections kept open to it' }, warmOf(before), warmOf(after)),
    // What counts as not executed may be sent again.
    ...flagChange(about('its 429 means that nothing was executed'), early(before), early(after), 'widens'),
    ...allowedChanges(
      about('its certificate may be of'),
      [authoritiesOf(before)],
      [authoritiesOf(after)],
      'other certificates are refused',
    ),
  ];
}

function authoritiesOf({ certificateAuthorities }: Members): string {
  return certificateAuthorities === undefined ? 'the public authorities' : `own authorities (${digestOf(textOf(certificateAuthorities))})`;
}

function warmOf({ warm }: Members): string {
  return textOf(warm ?? 0);
}

function codesOf({ finalErrors }: Members): string {
  return (listOf(finalErrors) ?? []).map(textOf).sort().join(', ') || 'none';
}

function queueOf({ queue }: Members): string {
  const { length, seconds } = membersOf(queue) ?? { ...DEFAULT_QUEUE };
  return `${length} at each gateway, for ${seconds} s`;
}

function recoveryOf({ recovery }: Members): string {
  const { attempts, seconds } = membersOf(recovery) ?? { ...DEFAULT_RECOVERY };
  return `${textOf(attempts)} attempts in ${textOf(seconds)} s`;
}
