import { setTimeout as pause } from 'node:timers/promises';
import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { agentId } from '../core/agent';
import { AGENT_GRANTS_RESOURCE, GRANTS_RESOURCE, type GrantsDocument } from '../core/grants-document';
import { writesBetween } from './allowlist-difference';
import type { Request } from './allowlist-succession';
import type { Content, StoredEntry } from './allowlist-table';
import { AllowlistWriter } from './allowlist-writer';
import { answerCloudFormation, type ResourceResult } from './cloudformation-answer';
import { GrantsFiles } from './grants-file';
import { invocationLog, note } from './invocation-log';

/** What construct code wrote; rows of any other source are never touched. */
const SOURCE = 'cdk';
const OWN_ENTRY = new RegExp(`#(?:allow|deny)#${SOURCE}$`);

const allowlist = new AllowlistWriter(pause);
const files = new GrantsFiles(pause);

/** `Custom::McpFleetGrants`: brings all that construct code grants in one fleet into its allowlist. It writes what differs, and nothing else. */
export const handler = middy<CloudFormationCustomResourceEvent, ResourceResult>()
  .use(invocationLog('allowlist_sync'))
  .use(answerCloudFormation())
  .handler(async (event: CloudFormationCustomResourceEvent, context: Context): Promise<ResourceResult> => {
    const { RequestType, LogicalResourceId, ResourceType } = event;
    note(context, { request: RequestType, resource: LogicalResourceId });
    const resource = `${event.StackId}/${LogicalResourceId}`;
    if (event.RequestType === 'Delete') {
      const rows = ResourceType === AGENT_GRANTS_RESOURCE ? allowlist.entriesOf(event.PhysicalResourceId) : allowlist.entries(isOwn);
      note(context, { written: await bringAbout((await rows).filter(isOwn), [], 'Delete', resource) });
      return { physicalResourceId: event.PhysicalResourceId };
    }
    if (ResourceType !== GRANTS_RESOURCE) throw new Error(`${ResourceType} is a former version's: it can only be deleted here`);
    const document = await files.read(event.ResourceProperties);
    const wanted = rowsOf(document);
    const written = await bringAbout(await allowlist.entries(isOwn), wanted, RequestType, resource);
    note(context, { agents: document.agents.length, grants: wanted.length, written });
    // It stays the same in every update: for another one CloudFormation would delete the former.
    return { physicalResourceId: LogicalResourceId, data: { Grants: String(wanted.length) } };
  });

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

function isOwn({ entry }: StoredEntry): boolean {
  return OWN_ENTRY.test(entry);
}
