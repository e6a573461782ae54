import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '../ecs/service';
import { RUN_FILE } from '../logs/run-folders';
import type { Machinery } from '../machinery';
import { AwsError } from './aws-error';
import type { AwsService } from './aws-service';
import { type JsonRequest, jsonService, textOf } from './json-service';
import { page } from './pages';

/** Most events of one answer (CloudWatch Logs API, FilterLogEvents). */
const MOST_EVENTS = 10_000;

/**
 * CloudWatch Logs, as far as one reads: what containers of services have written. The log group of a service is the one that its
 * template names. `cdk watch` asks for the lines of every group all the time, and takes it for an answer that there is no such group.
 */
export function logsService({ services, ecs }: Machinery): AwsService {
  return jsonService('logs', {
    FilterLogEvents: (request) => {
      const group = textOf(request, 'logGroupName') ?? textOf(request, 'logGroupIdentifier') ?? '';
      const service = [...services.values()].find((each) => logGroupsOf(each).includes(group));
      if (service === undefined) throw unknownGroup(group);
      const [from, until] = [momentOf(request, 'startTime', 0), momentOf(request, 'endTime', Number.POSITIVE_INFINITY)];
      const events = linesIn(ecs.logs.folder)
        .filter(({ line }) => isOf(service, line))
        .map(eventOf)
        .filter(({ timestamp }) => timestamp >= from && timestamp < until);
      const list = JSON.stringify(['FilterLogEvents', group, from, until]);
      const { items, nextToken } = page(events, ({ eventId }) => eventId, { list, token: textOf(request, 'nextToken'), size: MOST_EVENTS });
      return { events: items, ...(nextToken !== undefined && { nextToken }) };
    },
  });
}

interface Line {
  readonly time: string;
  readonly role: string;
  readonly server?: string;
  readonly source: string;
  readonly text: string;
}

function unknownGroup(group: string): AwsError {
  const message = `The specified log group does not exist: ${group}. What programs of the local account write, \`mcp-fleet logs\` tells.`;
  return new AwsError('ResourceNotFoundException', message);
}

function logGroupsOf({ settings: { definition } }: Service): readonly string[] {
  return definition.containers.flatMap(({ properties: { LogConfiguration } }) => LogConfiguration?.Options?.['awslogs-group'] ?? []);
}

/** Gateways have no server; two fleets of one account have their gateways' lines in one file, and are told apart by their tasks. */
function isOf({ settings: { definition }, tasks }: Service, { role, server, source }: Line): boolean {
  if (definition.server !== undefined) return server === definition.server;
  return role === 'gateway' && tasks.some(({ id }) => id.startsWith(source));
}

function linesIn(folder: string): readonly { readonly line: Line; readonly at: number }[] {
  const texts = readFileSync(join(folder, RUN_FILE), 'utf8').split('\n');
  // The last one may still be under way.
  return texts.slice(0, -1).map((text, at) => ({ line: JSON.parse(text) as Line, at }));
}

function eventOf({ line: { time, role, source, text }, at }: { readonly line: Line; readonly at: number }) {
  const timestamp = Date.parse(time);
  return { eventId: String(at), logStreamName: `${role}/${role}/${source}`, timestamp, ingestionTime: timestamp, message: text };
}

function momentOf(request: JsonRequest, name: string, absent: number): number {
  const value = request[name];
  if (value === undefined) return absent;
  if (typeof value === 'number') return value;
  throw new AwsError('InvalidParameterException', `${name} is no number.`);
}
