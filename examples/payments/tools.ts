import { setTimeout as sleep } from 'node:timers/promises';
import { type CallToolResult, McpServer, type ServerContext } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { type Bank, Refusal } from './bank';

const READS = { readOnlyHint: true, openWorldHint: false };
/** Each call moves money again: not idempotent, and not undone by calling once more. */
const MOVES_MONEY = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true };

const amount = z.number().int().describe('Minor units (cents), at least 1');

/** One MCP server with the bank's tools; one is made for each session, or for each request in the sessionless era. */
export function paymentsServer(bank: Bank, environment: NodeJS.ProcessEnv): McpServer {
  const server = new McpServer({ name: 'payments', version: '1.0.0' });

  server.registerTool(
    'transfer',
    {
      description: 'Moves money from one account to another',
      inputSchema: z.object({ from: z.string(), to: z.string(), amount, currency: z.string(), reference: z.string().optional() }),
      annotations: MOVES_MONEY,
    },
    async (request) =>
      await answer(async () => {
        const { entry, ...rest } = await bank.transfer(request);
        return { transferId: entry, ...rest };
      }),
  );

  server.registerTool(
    'refund',
    {
      description: 'Gives the money of a transfer back',
      inputSchema: z.object({ transferId: z.string(), reason: z.string() }),
      annotations: MOVES_MONEY,
    },
    async ({ transferId, reason }) =>
      await answer(async () => {
        const { entry, ...rest } = await bank.refund(transferId, reason);
        return { refundId: entry, ...rest };
      }),
  );

  server.registerTool(
    'settle_batch',
    {
      description: 'Settles the open batch with the clearing house; takes seconds',
      inputSchema: z.object({ seconds: z.number().min(0).max(600).default(5), reference: z.string().optional() }),
      annotations: MOVES_MONEY,
    },
    async ({ seconds, reference }, context) =>
      await answer(async () => {
        const { entry } = await bank.startBatch(reference);
        await work(seconds, context);
        return { batchId: entry, seconds };
      }),
  );

  server.registerTool(
    'balance',
    { description: 'The balance of an account', inputSchema: z.object({ account: z.string() }), annotations: READS },
    async ({ account }) => await answer(async () => await bank.balance(account)),
  );

  server.registerTool(
    'find_transfer',
    { description: 'The transfers that carry a reference', inputSchema: z.object({ reference: z.string() }), annotations: READS },
    async ({ reference }) =>
      await answer(async () => {
        const transfers = (await bank.findTransfers(reference)).map(({ entry, ...rest }) => ({ transferId: entry, ...rest }));
        return { count: transfers.length, transfers };
      }),
  );

  server.registerTool(
    'find_batch',
    {
      description: 'The batches that were booked with a reference, settled or not',
      inputSchema: z.object({ reference: z.string() }),
      annotations: READS,
    },
    async ({ reference }) =>
      await answer(async () => {
        const batches = (await bank.findBatches(reference)).map(({ entry, at }) => ({ batchId: entry, bookedAt: at }));
        return { count: batches.length, batches };
      }),
  );

  // Leaky on purpose: a careless tool that shows the key the server holds, to prove that the fleet lets no secret through.
  server.registerTool(
    'integration_status',
    { description: 'The state of the link to the payment provider', inputSchema: z.object({}), annotations: READS },
    async () => await answer(async () => ({ provider: 'connected', apiKey: environment.PAYMENTS_API_KEY ?? null })),
  );

  return server;
}

/** Seconds of work with a progress notification per second, where the caller asked for them. A hang-up does not stop it. */
async function work(seconds: number, { mcpReq }: ServerContext): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  for (let done = 0; done < seconds; done++) {
    await sleep(Math.min(1, seconds - done) * 1000);
    if (progressToken === undefined || mcpReq.signal.aborted) continue;
    await mcpReq.notify({
      method: 'notifications/progress',
      params: { progressToken, progress: Math.min(done + 1, seconds), total: seconds },
    });
  }
}

/** A refusal of the bank is a result for the agent to read; anything else is a failure of the server. */
async function answer(execute: () => Promise<Record<string, unknown>>): Promise<CallToolResult> {
  try {
    const value = JSON.parse(JSON.stringify(await execute())) as Record<string, unknown>;
    return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { content: [{ type: 'text', text: error.message }], isError: true };
  }
}
