import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { agentId } from '../core/agent';
import { type AllowlistProperties, readAllowlistProperties } from './allowlist-properties';
import type { StoredEntry } from './allowlist-table';
import { AllowlistWriter } from './allowlist-writer';
import { answerCloudFormation, type ResourceResult } from './cloudformation-answer';
import { invocationLog, note } from './invocation-log';

/** What construct code wrote; rows of any other source are never touched. */
const SOURCE = 'cdk';
const OWN_ENTRY = new RegExp(`#(?:allow|deny)#${SOURCE}$`);

const allowlist = new AllowlistWriter();

/** `Custom::McpFleetAllowlist`: the rows of one agent that construct code grants. Its physical id is the agentId. */
export const handler = middy<CloudFormationCustomResourceEvent, ResourceResult>()
  .use(invocationLog('allowlist_sync'))
  .use(answerCloudFormation())
  .handler(async (event: CloudFormationCustomResourceEvent, context: Context): Promise<ResourceResult> => {
    note(context, { request: event.RequestType, resource: event.LogicalResourceId });
    const writer = `${event.StackId}/${event.LogicalResourceId}`;
    if (event.RequestType === 'Delete') {
      await withdraw(event.PhysicalResourceId, writer);
      return { physicalResourceId: event.PhysicalResourceId };
    }
    const properties = readAllowlistProperties(event.ResourceProperties);
    const agent = agentId(properties.agent);
    await grant(agent, properties, writer);
    note(context, { agent, name: properties.name, grants: properties.grants.length });
    return { physicalResourceId: agent, data: { AgentId: agent } };
  });

/** Writes the new rows before it removes the stale ones: a grant that stays is never absent, not even for a moment. */
async function grant(agent: string, { agent: principal, name, grants, terms }: AllowlistProperties, writer: string): Promise<void> {
  const wanted = grants.map(
    ({ server, effect, ...named }): StoredEntry => ({
      agent,
      entry: `${server}#${effect}#${SOURCE}`,
      server,
      effect,
      ...named,
      source: SOURCE,
      issuer: principal.issuer,
      subject: principal.subject,
      name,
      ...(terms !== undefined && { terms }),
      writer,
    }),
  );
  for (const entry of wanted) await allowlist.put(entry);
  const stale = (await ownEntries(agent)).filter(({ entry }) => !wanted.some((kept) => kept.entry === entry));
  for (const entry of stale) await allowlist.remove(entry);
}

/**
 * Removes what this resource wrote. When construct code renames an agent, CloudFormation creates the new resource first and then
 * deletes the old one, of the same agent: rows that the new one has taken over stay.
 */
async function withdraw(agent: string, writer: string): Promise<void> {
  const own = (await ownEntries(agent)).filter((entry) => entry.writer === undefined || entry.writer === writer);
  for (const entry of own) await allowlist.remove(entry);
}

async function ownEntries(agent: string): Promise<StoredEntry[]> {
  return (await allowlist.entriesOf(agent)).filter(({ entry }) => OWN_ENTRY.test(entry));
}
