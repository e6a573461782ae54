import { seconds } from '../../core/paint';
import { peakSessions } from '../../core/sizing/load-profile';
import { PRICES } from '../../core/sizing/prices';
import { plain, type Terminal, table } from '../terminal';
import type { FleetPlan } from './fleet-plan';
import type { ServerPlan, Variant } from './plan-server';
import type { Replayed } from './replay';
import { sparkline } from './sparkline';

/** Blocks of a chart. */
const WIDTH = 72;

type Paint = Terminal['paint'];

/** A plan for people. */
export function planLines({ servers, base, elsewhere }: FleetPlan, paint: Paint): readonly string[] {
  return [
    ...servers.flatMap((plan) => [...serverLines(plan, paint), '']),
    ...(base.gateways === 0 ? [] : [`gateways ${dollars(base.gateways)}, load balancers ${dollars(base.balancers)} a month beside them`]),
    ...elsewhere.map(
      ({ fleet, gateways }) =>
        `fleet ${plain(fleet)} stands in another app: ${gateways} gateways are assumed, and what it costs beside these servers is not in this`,
    ),
    paint.dim(
      `on-demand list prices of ${PRICES.region}, ${PRICES.asOf}, without traffic, logs and tables: check them before you rely on them`,
    ),
  ];
}

function serverLines(plan: ServerPlan, paint: Paint): readonly string[] {
  const { fleet, server, replayed, sessionsByCpu, deployed, cpu, recommended } = plan;
  const rows = [rowOf('as deployed', deployed), rowOf('by CPU', cpu), rowOf('recommended', recommended)];
  const header = ['', 'PER INSTANCE', 'INSTANCES', 'RAN (MEAN)', 'PEAK', 'WAIT P50', 'P95', 'MAX', 'REFUSED', 'SLOTS', 'CPU', 'A MONTH'];
  const top = Math.max(...[deployed, cpu].flatMap(({ minutes }) => minutes.map(({ sessions, waiting }) => sessions + waiting)));
  return [
    `${paint.bold(plain(`${fleet} / ${server}`))}  ${paint.dim(loadOf(plan))}`,
    ...(replayed === undefined ? [] : untoldLines(replayed).map((line) => paint.dim(`  ${line}`))),
    ...table(header, rows).map((line) => `  ${line}`),
    ...(sessionsByCpu === undefined
      ? []
      : [paint.dim(`  the CPU of an instance bears ${sessionsByCpu} sessions; what its memory bears, only you know`)]),
    ...weightLines(deployed).map((line) => paint.dim(`  ${line}`)),
    ...chartLines('sessions, as deployed', deployed, top, paint),
    ...chartLines('sessions, by CPU', cpu, top, paint),
  ];
}

function loadOf({ profile, replayed }: ServerPlan): string {
  if (profile !== undefined) {
    const { agents, sessionsPerTask, sessionMinutes, hours } = profile;
    return `${agents} agents × ${sessionsPerTask} sessions of ${sessionMinutes} min: ${peakSessions(profile)} at once, for ${hours} h`;
  }
  if (replayed === undefined) return '';
  const { sessions, sessionless, agents, peak, calls, hours, from } = replayed;
  const held = [`${sessions - sessionless} sessions`, ...(sessionless > 0 ? [`${sessionless} calls without one`] : [])].join(' and ');
  return `as it was: ${held} of ${agents} agents, ${calls} calls, ${peak} at once, in ${hoursOf(hours)} from ${from}`;
}

/** What the tables do not tell of a load that was there. */
function untoldLines({ cpuMs, thinkSeconds, forgotten }: Replayed): readonly string[] {
  return [
    `a call takes ${cpuMs} ms of CPU (--cpu-ms), and ${thinkSeconds.toFixed(1)} s pass until the next one of its session`,
    'sessions that were refused, and streams that kept others open, are in no table',
    ...(forgotten > 0 ? [`${forgotten} sessions are in the ledger only: from their first call to the last`] : []),
  ];
}

/** As it is deployed: what agents of each weight got. */
function weightLines({ weights = [] }: Variant): readonly string[] {
  return weights.map(
    ({ weight, opened, refused, waits }) =>
      `agents of weight ${weight}: ${opened} sessions opened, ${refused} refused; they waited ${seconds(waits.p50)}, one in twenty for more than ${seconds(waits.p95)}`,
  );
}

function hoursOf(hours: number): string {
  return hours < 1 ? `${Math.round(60 * hours)} min` : `${Number(hours.toFixed(1))} h`;
}

function rowOf(name: string, { sessions, waits, instances, utilization, cost, ...caps }: Variant): readonly string[] {
  return [
    name,
    String(caps.perInstance),
    `${caps.minInstances} to ${caps.maxInstances}`,
    `${instances.min} to ${instances.max} (${instances.mean.toFixed(1)})`,
    String(sessions.peak),
    ...[waits.p50, waits.p95, waits.max].map(seconds),
    sessions.refused === 0 ? '0' : `${sessions.refused} (${percent((100 * sessions.refused) / sessions.sought)})`,
    percent(utilization.slots),
    percent(utilization.cpu),
    dollars(cost),
  ];
}

function chartLines(name: string, { minutes }: Variant, top: number, paint: Paint): readonly string[] {
  const line = (of: string, values: readonly number[], most: number, tint = (text: string) => text): string =>
    `  ${of.padEnd(22)} ${tint(sparkline(values, WIDTH, most))}`;
  const refused = minutes.map((minute) => minute.refused);
  return [
    line(
      name,
      minutes.map((minute) => minute.sessions),
      top,
      paint.green,
    ),
    ...(refused.some((count) => count > 0) ? [line('refused', refused, Math.max(...refused), paint.red)] : []),
  ];
}

function percent(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

function dollars(value: number): string {
  return `$${Math.round(value).toLocaleString('en-US')}`;
}
