import { Command } from 'commander';
import { KEY_META } from '../../core/meta';
import { type AgentAtServer, agentAtServer, wayIn } from '../agent-at-server';
import { refusalOf, withClient } from '../agent-session';
import { attachHere } from '../attach';
import { EXIT } from '../exit';
import { terminal } from '../terminal';
import { type ToolArguments, toolArguments } from '../tool-arguments';

const EXAMPLES = `
Examples:
  $ mcp-fleet call reader@notes list_notes
  $ mcp-fleet call writer@notes add_note '{"text":"hello"}'
  $ mcp-fleet call treasury@payments transfer "$(cat transfer.json)" --key invoice-4711
`;

interface CallOptions {
  readonly key?: string;
  readonly json: boolean;
}

export function callCommand(): Command {
  return new Command('call')
    .description('Call a tool as an agent, in a session of its own, and show what the agent gets')
    .addHelpText('after', EXAMPLES)
    .argument('<agent@server>', 'names of both in construct code', agentAtServer)
    .argument('<tool>', 'name of the tool')
    .argument('[arguments]', 'a JSON object', toolArguments, {})
    .option('--key <key>', 'idempotency key: the same key again gives the outcome of the first call')
    .option('--json', 'one JSON document: { "result": … }, or { "error": … } as the agent gets it', false)
    .action(call);
}

async function call(who: AgentAtServer, name: string, args: ToolArguments, { key, json }: CallOptions): Promise<void> {
  const way = await wayIn(await attachHere(), who);
  const { result, narrate, paint } = terminal(json);
  const params = { name, arguments: args, ...(key !== undefined && { _meta: { [KEY_META]: key } }) };
  try {
    const answered = await withClient(way, (client) => client.callTool(params));
    if (answered.isError) process.exitCode = EXIT.NO;
    if (json) return result(JSON.stringify({ result: answered }));
    for (const part of answered.content) result(part.type === 'text' ? part.text : JSON.stringify(part));
    narrate(paint.dim(stampOf(answered._meta)));
  } catch (error) {
    const refusal = refusalOf(error);
    if (!json) throw refusal;
    process.exitCode = refusal.exitCode;
    result(JSON.stringify({ error: refusal.error }));
  }
}

/** What the ledger says of the call, in a line. */
function stampOf(meta: Readonly<Record<string, unknown>> | undefined): string {
  const { outcome, callId, replayed } = (meta?.['cdk-mcp-fleet/call'] ?? {}) as { outcome?: string; callId?: string; replayed?: boolean };
  if (callId === undefined) return 'no row: the answer carries no stamp';
  return `${outcome}${replayed ? ', replayed: nothing was executed now' : ''} · mcp-fleet ledger show ${callId}`;
}
