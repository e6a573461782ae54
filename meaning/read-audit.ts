import type { Template } from '../local/assembly/template';
import { textOf as sortedJson } from '../local/cloudformation/template-changes';
import type { DeclaredAlarm, DeclaredLedger } from './declared';
import { isPlaced, type Located, resourceOf, resourcesOf } from './resources';
import { textOf } from './symbolic';
import { listOf, membersOf } from './told';

export function readLedger(template: Template, id: string | undefined): DeclaredLedger | undefined {
  const table = resourceOf(template, id);
  if (table === undefined) return undefined;
  const { properties, resource } = table;
  const places = [properties, ...(listOf(properties.Replicas) ?? []).map((replica) => membersOf(replica) ?? {})];
  const recovery = places.map(
    ({ PointInTimeRecoverySpecification }) => membersOf(PointInTimeRecoverySpecification)?.PointInTimeRecoveryEnabled,
  );
  const expiry = membersOf(properties.TimeToLiveSpecification);
  return {
    table: table.id,
    keptWhenRemoved: resource.DeletionPolicy?.startsWith('Retain') ?? false,
    isProtected: places.some(({ DeletionProtectionEnabled }) => isTrue(DeletionProtectionEnabled)),
    isRecoverable: recovery.some(isTrue),
    expires: isTrue(expiry?.Enabled) ? textOf(expiry?.AttributeName) : 'never',
    key:
      places.map(({ SSESpecification }) => textOf(membersOf(SSESpecification)?.KMSMasterKeyId)).find((key) => key !== '') ??
      "DynamoDB's own",
  };
}

/** Where a resource stands in a fleet; undefined where it stands elsewhere. */
export type PlaceOf = (resource: Located) => string | undefined;

/** Days that logs are kept, by the place of their group in the fleet. */
export function readLogs(template: Template, placeOf: PlaceOf): ReadonlyMap<string, string> | undefined {
  if (!tellsPlaces(template)) return undefined;
  const groups = resourcesOf(template, 'AWS::Logs::LogGroup').flatMap((group): [string, string][] => {
    const place = placeOf(group);
    const days = group.properties.RetentionInDays;
    return place === undefined ? [] : [[place.replace(/\/Logs$/, ''), days === undefined ? 'for ever' : `${textOf(days)} days`]];
  });
  return new Map(groups);
}

/** The alarms inside a fleet, and those elsewhere in its stack on its metrics, or on those of its servers that stand there. */
export function readAlarms(
  template: Template,
  fleet: { readonly name: string; readonly isHome: boolean; readonly placeOf: PlaceOf; readonly servers: Iterable<string> },
): ReadonlyMap<string, DeclaredAlarm> | undefined {
  if (!tellsPlaces(template)) return undefined;
  const servers = [...fleet.servers];
  const isOn = (Fleet?: string, Server?: string): boolean =>
    Fleet === fleet.name && (fleet.isHome || (Server !== undefined && servers.includes(Server)));
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm');
  return new Map(
    alarms.flatMap((alarm): [string, DeclaredAlarm][] => {
      const place = fleet.placeOf(alarm);
      const { Fleet, Server } = dimensionsOf(alarm);
      if (place === undefined && !isOn(Fleet, Server)) return [];
      return [
        [
          place ?? `<${alarm.id}>`,
          {
            server: Server ?? servers.find((name) => place?.startsWith(`${name}/`)),
            condition: conditionOf(alarm),
            actions: actionsOf(alarm),
          },
        ],
      ];
    }),
  );
}

/** Without construct paths nobody knows what is whose. */
function tellsPlaces({ Resources }: Template): boolean {
  return Object.values(Resources).some((resource) => isPlaced({ resource }));
}

function dimensionsOf({ properties }: Located): { readonly Fleet?: string; readonly Server?: string } {
  const dimensions = (listOf(properties.Dimensions) ?? []).map((dimension) => membersOf(dimension) ?? {});
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [textOf(Name), textOf(Value)]));
}

/** In a sentence, without the dimensions that hold logical ids: they follow what the fleet has. */
function conditionOf({ properties, resource }: Located): string {
  if (resource.Type === 'AWS::CloudWatch::CompositeAlarm') return textOf(properties.AlarmRule);
  const { MetricName, Statistic, ExtendedStatistic, ComparisonOperator, Threshold, EvaluationPeriods, DatapointsToAlarm, Period } =
    properties;
  const statistic = textOf(Statistic ?? ExtendedStatistic);
  const metric = MetricName === undefined ? `an expression (${sortedJson(properties.Metrics)})` : `${statistic} of ${textOf(MetricName)}`;
  const datapoints = DatapointsToAlarm === undefined ? '' : `${textOf(DatapointsToAlarm)} of `;
  const missing = `missing data ${textOf(properties.TreatMissingData ?? 'missing')}`;
  const times = `${datapoints}${textOf(EvaluationPeriods)} × ${textOf(Period)} s`;
  const enabled = properties.ActionsEnabled === false ? ', actions off' : '';
  return `${metric} ${textOf(ComparisonOperator)} ${textOf(Threshold)}, ${times}, ${missing}${enabled}`;
}

function actionsOf({ properties }: Located): string {
  const { AlarmActions, OKActions, InsufficientDataActions } = properties;
  const told = [AlarmActions, OKActions, InsufficientDataActions].flatMap((actions) => (listOf(actions) ?? []).map(textOf));
  return [...new Set(told)].sort().join(', ') || 'nobody';
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
