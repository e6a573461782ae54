import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Paint } from '../../core/paint';
import { wayIn } from '../agent-at-server';
import { withClient } from '../agent-session';
import { attachHere } from '../attach';
import { EXIT } from '../exit';
import type { PlaceOptions } from '../place/place';
import { assureServer, ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';
import { type Approvals, countOf, type Pending, pendingOf, readApprovals, textOf, titleOf, withApproved } from '../tools/approvals';

/** Definitions that were written down before this many milliseconds may be of a server that has changed since. */
const RECENT_MS = 60 * 60_000;
/** Of a fleet on AWS, whose alarm may have rung at night. Gateways write anew what they still see. */
const RECENT_DEPLOYED_MS = 24 * 60 * 60_000;
/** How long it takes at most until what was listed is written down, in milliseconds. */
const NOTED_MS = 300;

const EXAMPLES = `
The file is what \`approvedTools: ApprovedTools.fromFile('mcp-tools.json')\` of addServer reads: commit it, and let somebody read what has
changed in it as instruction to agents, which it is. Nothing holds before the app is deployed with it.

Examples:
  $ mcp-fleet tools approve notes --dry-run     what the server says and nobody has approved; exit code 3 if anything
  $ mcp-fleet tools approve notes               write it into mcp-tools.json
`;

interface Options extends PlaceOptions {
  readonly file: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function approveCommand(): Command {
  const command = new Command('approve')
    .description('Write what a server says of itself and of what it has into the file of approved definitions')
    .addHelpText('after', EXAMPLES)
    .argument('<server>', 'name in construct code; what it says is pinned by approvedTools')
    .option('--file <path>', 'the file of approved definitions', 'mcp-tools.json')
    .option('--dry-run', 'write nothing', false)
    .option('--json', 'one JSON document', false);
  // `tools` has options of the same names, and takes those behind `approve`, too.
  return ofPlace(command).action((server: string) => approve(server, command.optsWithGlobals()));
}

async function approve(server: string, { file, dryRun, json, ...options }: Options): Promise<void> {
  const place = await placeOf(options);
  assureServer(place, server);
  const told = terminal(json);
  const approvals = existsSync(file) ? readApprovals(readFileSync(file), file) : (new Map() as Approvals);
  const since = Date.now() - (place.isLocal ? RECENT_MS : RECENT_DEPLOYED_MS);
  if (place.isLocal) await listAsEach(server);
  const rows = await place.tables.definitions(server);
  const seen = rows.filter(({ seenAt }) => seenAt >= since);
  const pending = pendingOf(approvals, server, seen);
  if (!dryRun && pending.length > 0) writeFileSync(file, textOf(withApproved(approvals, server, pending)));
  const wrote = !dryRun && pending.length > 0;
  if (json)
    told.result(
      JSON.stringify({
        server,
        file,
        written: wrote,
        pending: pending.map(({ definition, ...one }) => ({ ...one, definition: JSON.parse(definition) })),
      }),
    );
  else linesOf(pending, told.paint).forEach(told.result);
  if (!json) told.result(lastLine({ server, file, wrote, approved: countOf(approvals, server), pending: pending.length }));
  if (dryRun && pending.length > 0) process.exitCode = EXIT.NO;
}

/** Each agent may see other tools, and what passes on a list is written down. */
async function listAsEach(server: string): Promise<void> {
  const account = await attachHere();
  await Promise.all(account.agents.map((agent) => listAs(account, agent, server)));
  await new Promise((noted) => setTimeout(noted, NOTED_MS));
}

/** Whether it may is no matter. */
async function listAs(account: Awaited<ReturnType<typeof attachHere>>, agent: string, server: string): Promise<void> {
  const way = await wayIn(account, { agent, server });
  // A server introduces itself as the client connects; one that has no prompts or resources refuses to list them.
  await withClient(way, (client) =>
    Promise.allSettled([client.listTools(), client.listPrompts(), client.listResources(), client.listResourceTemplates()]),
  ).catch(() => undefined);
}

function linesOf(pending: readonly Pending[], paint: Paint): readonly string[] {
  const mark = (isNew: boolean): string => (isNew ? paint.green('+') : paint.yellow('~'));
  return pending.map((one) => `${mark(one.changed === undefined)} ${titleOf(one)}  ${one.changed?.join(', ') ?? 'new'}`);
}

interface Told {
  readonly server: string;
  readonly file: string;
  readonly wrote: boolean;
  readonly approved: number;
  readonly pending: number;
}

function lastLine({ server, file, wrote, approved, pending }: Told): string {
  if (wrote) return `Written to ${file}: review it, commit it, deploy it.`;
  if (pending > 0) return `Nothing is written: ${pending} of ${server} wait for approval.`;
  if (approved > 0) return `${server} says nothing that waits for approval; ${approved} definitions have it.`;
  return `Nothing of ${server} waits for approval: it has no approvedTools, or no agent may list its tools.`;
}
