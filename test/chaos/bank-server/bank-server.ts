import { setTimeout as delay } from 'node:timers/promises';
import { McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { saysDeclined, saysDone } from '../tools';

const BANK = process.env.BANK as string;
const KEY_MEMBER = 'cdk-mcp-fleet/idempotencyKey';

/** Progress notifications of a transfer that streams, and the time between two, in milliseconds. */
const STEPS = 3;
const STEP_MS = 40;

const REFERENCE = z.object({ reference: z.string() });
const TRANSFER = REFERENCE.extend({ amount: z.number(), behaviour: z.enum(['quick', 'streams', 'declines']) });

/** The server of one session, or of one sessionless request. @param task id of the ECS task that this process belongs to */
export function bankServer(task: string): McpServer {
  const server = new McpServer({ name: 'bank', version: '1.0.0' }, { capabilities: { logging: {} } });
  const transfer = async ({ reference, behaviour }: z.infer<typeof TRANSFER>, { mcpReq }: ServerContext) => {
    const key = mcpReq._meta?.[KEY_MEMBER];
    const order = { reference, task, pid: process.pid, ...(typeof key === 'string' && { key }) };
    await tell('receive', order);
    if (behaviour === 'declines') return { content: [{ type: 'text' as const, text: saysDeclined(reference) }], isError: true };
    if (behaviour === 'streams') await reportProgress(mcpReq);
    await tell('execute', order);
    return { content: [{ type: 'text' as const, text: saysDone(reference) }] };
  };
  // One behind a key, one behind the fence: what they do is the same.
  server.registerTool('transfer', { description: 'Moves money', inputSchema: TRANSFER }, transfer);
  server.registerTool('payment', { description: 'Moves money', inputSchema: TRANSFER }, transfer);
  const annotations = { readOnlyHint: true };
  server.registerTool(
    'find_transfer',
    {
      description: 'Tells whether a transfer was executed',
      inputSchema: REFERENCE,
      outputSchema: z.object({ found: z.boolean() }),
      annotations,
    },
    async ({ reference }) => {
      const structuredContent = (await tell('find', { reference })) as { found: boolean };
      return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
    },
  );
  server.registerTool('balance', { description: 'Tells the balance', inputSchema: z.object({}), annotations }, async () => ({
    content: [{ type: 'text', text: '1000' }],
  }));
  return server;
}

/** Who asks for progress gets it; others get log messages. */
async function reportProgress({ notify, _meta }: ServerContext['mcpReq']): Promise<void> {
  const progressToken = _meta?.progressToken;
  for (let progress = 1; progress <= STEPS; progress++) {
    const report =
      progressToken === undefined
        ? ({ method: 'notifications/message', params: { level: 'info', data: `step ${progress}` } } as const)
        : ({ method: 'notifications/progress', params: { progressToken, progress, total: STEPS } } as const);
    await notify(report).catch(() => undefined); // who does not listen any more does not end the transfer
    await delay(STEP_MS);
  }
}

async function tell(step: string, order: object): Promise<unknown> {
  return await (await fetch(`${BANK}/${step}`, { method: 'POST', body: JSON.stringify(order) })).json();
}

/** Id of this process's ECS task (ECS task metadata endpoint version 4). */
export async function readTask(): Promise<string> {
  const metadata = (await (await fetch(`${process.env.ECS_CONTAINER_METADATA_URI_V4}/task`)).json()) as { readonly TaskARN: string };
  return metadata.TaskARN.split('/').at(-1) as string;
}
