import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchLogsClient, type FilteredLogEvent, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { LoggedLine } from './log-lines';
import { deployedFunctions, deployedServices } from './place/deployed-programs';
import type { DeployedPlace } from './place/place';

/** How far back lines are read where nothing is said, in milliseconds: groups of a busy fleet have gigabytes. */
const DEFAULT_SPAN_MS = 10 * 60_000;
/** How often groups are asked for more, in milliseconds; FilterLogEvents is allowed five times a second in an account (quotas). */
const LOOK_MS = 3_000;
/** An event may come this much later than one that is stamped after it, in milliseconds. */
const LATE_MS = 10_000;

/** A log group, and whose it is. */
export interface LogGroup extends Pick<LoggedLine, 'role' | 'server'> {
  readonly name: string;
  /** Name of a function; absent for a service, whose streams name their tasks. */
  readonly source?: string;
}

/** Which lines are read. */
export interface WantedLines {
  /** A server, `gateway` or `lambda`; all of them when left out. */
  readonly source: string | undefined;
  /** Milliseconds since the epoch. */
  readonly from: number | undefined;
  readonly follow: boolean;
  readonly interrupted: AbortSignal;
}

export async function logGroupsOf(place: DeployedPlace): Promise<readonly LogGroup[]> {
  const [services, functions] = await Promise.all([deployedServices(place), deployedFunctions(place)]);
  return [
    ...services.flatMap(({ role, server, logGroups }) =>
      logGroups.map((name) => ({ role, ...(server !== undefined && { server }), name })),
    ),
    ...place.listed.flatMap(({ name: server, logGroups }) => logGroups.map((name) => ({ role: 'server', server, name }))),
    ...functions.map(({ name: source, logGroup: name }) => ({ role: 'lambda', name, source })),
  ];
}

/** Lines of several groups in the order of their time; once undefined, after those that were there at first. */
export async function* readEvents(groups: readonly LogGroup[], wanted: WantedLines): AsyncGenerator<LoggedLine | undefined> {
  const { source, follow, interrupted } = wanted;
  const client = new CloudWatchLogsClient({});
  const asked = groups.filter(({ role, server }) => source === undefined || source === role || source === server);
  const seen = new Map<string, number>();
  let from = wanted.from ?? Date.now() - DEFAULT_SPAN_MS;
  for (let first = true; !interrupted.aborted; first = false) {
    const now = Date.now();
    const lines: LoggedLine[] = [];
    // One after the other: the account's quota is small, and others look, too.
    for (const group of asked)
      for (const event of await eventsOf(client, group, from)) {
        if (seen.has(event.eventId ?? '')) continue;
        seen.set(event.eventId ?? '', event.timestamp ?? 0);
        lines.push(lineOf(event, group));
      }
    yield* lines.sort((one, other) => (one.time < other.time ? -1 : 1));
    if (first) yield undefined;
    if (!follow) return;
    from = now - LATE_MS;
    for (const [id, at] of seen) if (at < from) seen.delete(id);
    await delay(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
}

/** A group that has no lines yet may not be there yet. */
async function eventsOf(client: CloudWatchLogsClient, { name }: LogGroup, startTime: number): Promise<readonly FilteredLogEvent[]> {
  const found: FilteredLogEvent[] = [];
  try {
    for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName: name, startTime })) found.push(...events);
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
  }
  return found;
}

/** Streams of a service are `{container}/{container}/{task}` (ECS, awslogs-stream-prefix). */
function lineOf({ timestamp = 0, message = '', logStreamName = '' }: FilteredLogEvent, { role, server, source }: LogGroup): LoggedLine {
  const [container = role, , task = logStreamName] = logStreamName.split('/');
  return {
    time: new Date(timestamp).toISOString(),
    role: source === undefined ? container : role,
    ...(server !== undefined && { server }),
    source: source ?? task.slice(0, 8),
    text: message.trimEnd(),
  };
}
