import { type About, type Draft, flagChange, ifTold, valueChange } from './change';
import type { DeclaredAlarm, DeclaredFleet, DeclaredLedger } from './declared';

const about = (what: string): About => ({ kind: 'audit', what });

/** For how long it is known what was called, and a key names its call. */
export function auditChanges(before: DeclaredFleet, after: DeclaredFleet): Draft[] {
  return [
    ...ifTold({ what: 'ledger' }, before.ledger, after.ledger, ledgerChanges),
    ...ifTold({ what: 'life of a key' }, before.gateway?.keyLifetimeSeconds, after.gateway?.keyLifetimeSeconds, (had, has) =>
      // Sooner, the same key executes again.
      valueChange(about('a key names its call for'), daysOf(had), daysOf(has), { severity: has < had ? 'widens' : 'narrows' }),
    ),
    ...ifTold({ what: 'how long logs are kept' }, before.logs, after.logs, logChanges),
  ];
}

function ledgerChanges(before: DeclaredLedger, after: DeclaredLedger): Draft[] {
  return [
    ...valueChange(about('ledger'), `<${before.table}>`, `<${after.table}>`, {
      severity: 'breaks',
      breaks: 'calls and keys of before are not known',
    }),
    ...flagChange(about('ledger is kept when its stack goes'), before.keptWhenRemoved, after.keptWhenRemoved, 'narrows'),
    ...flagChange(about('ledger is protected from deletion'), before.isProtected, after.isProtected, 'narrows'),
    ...flagChange(about('ledger can be recovered to a point in time'), before.isRecoverable, after.isRecoverable, 'narrows'),
    ...expiryChange(before.expires, after.expires),
    ...valueChange(about('key of the ledger'), before.key, after.key),
  ];
}

/** Rows that go when the ledger itself says, later than their keys end, or do not go, are those of the audit. */
const AS_MEANT: readonly string[] = ['expiresAt', 'never'];

function expiryChange(before: string, after: string): Draft[] {
  const [had, has] = [before, after].map((expiry) => AS_MEANT.includes(expiry));
  const severity = had === has ? 'changes' : has ? 'narrows' : 'widens';
  return valueChange(about('rows of the ledger go after'), before, after, { severity });
}

/** One change for all logs that change alike. */
function logChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Draft[] {
  const shared = [...before.keys()].filter((group) => after.has(group));
  const changed = groupedBy(
    shared.filter((group) => before.get(group) !== after.get(group)),
    (group) => JSON.stringify([before.get(group), after.get(group)]),
  );
  return [...changed].flatMap(([values, groups]) => {
    const [had, has] = JSON.parse(values) as [string, string];
    const whose = groups.length === shared.length ? '' : ` of ${groups.join(', ')}`;
    return valueChange(about(`logs${whose} are kept`), had, has);
  });
}

/** Alarms that come and go with their server are told with it. */
export function alarmChanges(
  before: ReadonlyMap<string, DeclaredAlarm>,
  after: ReadonlyMap<string, DeclaredAlarm>,
  comesOrGoes: (server: string) => boolean,
): Draft[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => !comesOrGoes((after.get(name) ?? before.get(name))?.server ?? ''),
  );
  const shared = names.filter((name) => before.has(name) && after.has(name));
  const alarm = (name: string): About => {
    const server = (after.get(name) ?? before.get(name))?.server;
    return { kind: 'alarm', what: `alarm ${name.replace(`${server}/`, '')}`, ...(server !== undefined && { server }) };
  };
  return [
    ...names.flatMap((name): Draft[] => {
      const [had, has] = [before.get(name), after.get(name)];
      if (had && has) return valueChange(alarm(name), had.condition, has.condition);
      return [{ ...alarm(name), severity: 'changes', ...(had ? { before: had.condition } : { after: has?.condition ?? '' }) }];
    }),
    ...toldChanges(shared, before, after),
  ];
}

/** Whom alarms tell: once for all that change alike. */
function toldChanges(
  names: readonly string[],
  before: ReadonlyMap<string, DeclaredAlarm>,
  after: ReadonlyMap<string, DeclaredAlarm>,
): Draft[] {
  const changed = groupedBy(
    names.filter((name) => before.get(name)?.actions !== after.get(name)?.actions),
    (name) => JSON.stringify([before.get(name)?.actions, after.get(name)?.actions]),
  );
  return [...changed].flatMap(([values, alarms]) => {
    const [had, has] = JSON.parse(values) as [string, string];
    const which =
      alarms.length === names.length ? 'alarms tell' : alarms.length === 1 ? `alarm ${alarms[0]} tells` : `${alarms.length} alarms tell`;
    return valueChange({ kind: 'alarm', what: which }, had, has);
  });
}

function daysOf(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400} days` : `${seconds / 3_600} hours`;
}

function groupedBy(items: readonly string[], keyOf: (item: string) => string): ReadonlyMap<string, readonly string[]> {
  return new Map([...new Set(items.map(keyOf))].map((key) => [key, items.filter((item) => keyOf(item) === key)]));
}
