import type { Paint } from '../core/paint';
import type { AlarmChanged, AlarmRow, ScalingEvent, ScalingRow, ServicePart } from '../local/local-account';
import { table } from './terminal';

/** What scaling or an alarm has done, for people: one line. */
export function scalingLine(event: ScalingEvent, paint: Paint): string {
  if (event.event === 'alarm') return alarmLine(event, paint);
  const { from, to, why } = event;
  const [mark, what] = to > from ? ['▲', 'grows'] : ['▼', 'becomes smaller'];
  return `  ${paint.green(mark)} ${paint.bold(nameOf(event))} ${what}, from ${instances(from)} to ${to}: ${why}`;
}

/** Services that scale, and alarms that sound. */
export function scalingTables(services: readonly ScalingRow[], alarms: readonly AlarmRow[]): string[] {
  const rows = services.map((row) => [
    nameOf(row),
    `${row.running} of ${row.desired}`,
    `${row.min} to ${row.max}`,
    row.last ? `${row.last.from} to ${row.last.to} at ${row.last.at}: ${row.last.why}` : '-',
  ]);
  const sounding = alarms.filter(({ state }) => state === 'ALARM').map(({ alarm, description = '' }) => [alarm, description]);
  return [
    ...(rows.length === 0 ? [] : ['', ...table(['SERVICE', 'TASKS', 'SCALES', 'LAST'], rows)]),
    ...(sounding.length === 0 ? [] : ['', ...table(['ALARM', 'SAYS'], sounding)]),
  ];
}

function alarmLine({ alarm, state, description = alarm }: AlarmChanged, paint: Paint): string {
  return state === 'ALARM' ? `  ${paint.yellow('!')} alarm: ${description}` : `  ${paint.green('✔')} alarm ends: ${description}`;
}

function instances(count: number): string {
  return count === 1 ? '1 instance' : `${count} instances`;
}

function nameOf({ server, role, service }: ServicePart): string {
  return server ?? (role === 'gateway' ? 'gateway' : service);
}
