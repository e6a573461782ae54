import { setTimeout as pause } from 'node:timers/promises';
import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { agentId } from '../core/agent';
import { SERVER_NAME } from '../core/fleet-config';
import { AGENT_GRANTS_RESOURCE, GRANTS_RESOURCE, type GrantsDocument, type GrantsProperties } from '../core/grants-document';
import { LISTED_SERVER_RESOURCE, LISTENERS_VARIABLE, OWN_SERVERS_VARIABLE } from '../core/listed-servers';
import { writesBetween } from './allowlist-difference';
import type { Request } from './allowlist-succession';
import type { Content, StoredEntry } from './allowlist-table';
import { AllowlistWriter } from './allowlist-writer';
import { answerCloudFormation, type ResourceResult } from './cloudformation-answer';
import { requireVariable } from './environment';
import { GrantsFiles } from './grants-file';
import { invocationLog, note } from './invocation-log';
import { ServerList } from './listed-server';

/** What construct code wrote; rows of any other source are never touched. */
const SOURCE = 'cdk';
const OWN_ENTRY = new RegExp(`#(?:allow|deny)#${SOURCE}$`);

const allowlist = new AllowlistWriter(pause);
const files = new GrantsFiles(pause);
const servers = new ServerList({
  table: requireVariable('ALLOWLIST_TABLE'),
  listeners: namesIn(process.env[LISTENERS_VARIABLE]),
  own: namesIn(process.env[OWN_SERVERS_VARIABLE]),
});

/**
 * `Custom::McpFleetGrants`: brings what construct code grants in one fleet into its allowlist. It writes what differs, and nothing else.
 * `Custom::McpFleetServer`: lists a server of another stack there.
 */
export const handler = middy<CloudFormationCustomResourceEvent, ResourceResult>()
  .use(invocationLog('allowlist_sync'))
  .use(answerCloudFormation())
  .handler(async (event: CloudFormationCustomResourceEvent, context: Context): Promise<ResourceResult> => {
    const { RequestType, LogicalResourceId, ResourceType } = event;
    note(context, { request: RequestType, resource: LogicalResourceId });
    const resource = `${event.StackId}/${LogicalResourceId}`;
    if (ResourceType === LISTED_SERVER_RESOURCE) return listServer(event, resource);
    const isConcerned = concerns(event, resource);
    if (event.RequestType === 'Delete') {
      const rows = ResourceType === AGENT_GRANTS_RESOURCE ? allowlist.entriesOf(event.PhysicalResourceId) : allowlist.entries(isConcerned);
      note(context, { written: await bringAbout((await rows).filter(isOwn), [], 'Delete', resource) });
      return { physicalResourceId: event.PhysicalResourceId };
    }
    if (ResourceType !== GRANTS_RESOURCE) throw new Error(`${ResourceType} is a former version's: it can only be deleted here`);
    const document = await files.read(event.ResourceProperties);
    const wanted = rowsOf(document);
    const written = await bringAbout(await allowlist.entries(isConcerned), wanted, RequestType, resource);
    note(context, { agents: document.agents.length, grants: wanted.length, written });
    // It stays the same in every update: for another one CloudFormation would delete the former.
    return { physicalResourceId: LogicalResourceId, data: { Grants: String(wanted.length) } };
  });

async function listServer(event: CloudFormationCustomResourceEvent, writer: string): Promise<ResourceResult> {
  const { Server, Config, IsHosted, LogGroups } = event.ResourceProperties as Readonly<Record<string, unknown>>;
  if (event.RequestType === 'Delete') {
    // By its physical id: an update that gave it another name has the former one deleted.
    if (SERVER_NAME.test(event.PhysicalResourceId)) await servers.remove(event.PhysicalResourceId, writer);
    return { physicalResourceId: event.PhysicalResourceId };
  }
  const name = String(Server);
  const logGroups = Array.isArray(LogGroups) ? { logGroups: LogGroups.map(String) } : {};
  const place = await servers.list({ name, config: String(Config), isHosted: IsHosted === 'true', ...logGroups, writer });
  if (place === undefined) return { physicalResourceId: name };
  return { physicalResourceId: name, data: { Priority: String(place.priority), ListenerArn: servers.listenerArn(place) } };
}

/** Rows that a request can be about: of all servers, or of those that its stack has and has had. */
function concerns({ ResourceProperties }: CloudFormationCustomResourceEvent, resource: string): (row: StoredEntry) => boolean {
  const { Servers } = ResourceProperties as Partial<GrantsProperties>;
  if (Servers === undefined) return isOwn;
  return (row) => isOwn(row) && (row.writer === resource || row.heir === resource || Servers.includes(row.server));
}

/** How many rows were written or removed. */
async function bringAbout(rows: readonly StoredEntry[], wanted: readonly Content[], request: Request, resource: string): Promise<number> {
  const steps = writesBetween(rows, wanted, request, resource);
  for (const step of steps) await allowlist.write(step);
  return steps.flat().length;
}

function rowsOf({ issuer, agents }: GrantsDocument): readonly Content[] {
  return agents.flatMap(({ name, subject, terms, grants }) =>
    grants.map(({ server, effect, ...named }) => ({
      agent: agentId({ issuer, subject }),
      entry: `${server}#${effect}#${SOURCE}`,
      server,
      effect,
      ...named,
      source: SOURCE,
      issuer,
      subject,
      name,
      ...(terms !== undefined && { terms }),
    })),
  );
}

function namesIn(json = '[]'): readonly string[] {
  return JSON.parse(json) as readonly string[];
}

function isOwn({ entry }: StoredEntry): boolean {
  return OWN_ENTRY.test(entry);
}
