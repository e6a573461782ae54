import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type Counted, EXECUTED } from '../counter';

const INPUT = z.object({ nonce: z.string(), seconds: z.number().min(0).default(0) });

/** The server of one session. */
export function counterServer(instance: string, answers: Counted['answers']): McpServer {
  const server = new McpServer({ name: 'counter', version: '1.0.0' }, { capabilities: { logging: {} } });
  let count = 0;
  const tell = (nonce: string): Counted => ({
    instance,
    client: server.server.getClientVersion()?.name ?? '',
    count,
    nonce,
    answers,
  });

  server.registerTool('increment', { description: 'Counts up', inputSchema: INPUT }, async ({ nonce, seconds }) => {
    count++;
    journal(instance, nonce);
    const counted = tell(nonce);
    if (seconds > 0) await sleep(seconds * 1000);
    return text(counted);
  });
  server.registerTool('count', { description: 'Tells the count', inputSchema: INPUT }, async ({ nonce, seconds }) => {
    if (seconds > 0) await sleep(seconds * 1000);
    return text(tell(nonce));
  });
  server.registerTool(
    'announce',
    { description: "Tells the count on the session's stream", inputSchema: INPUT },
    async ({ nonce, seconds }) => {
      const announce = () => server.sendLoggingMessage({ level: 'info', data: tell(nonce) }).catch(() => undefined); // the session may be over by then
      if (seconds > 0) setTimeout(announce, seconds * 1000).unref();
      else await announce();
      return text(tell(nonce));
    },
  );
  return server;
}

/** One line for each execution: what outlives an instance that is killed, and says whether a call ran twice. */
function journal(instance: string, nonce: string): void {
  console.log(JSON.stringify({ event: EXECUTED, nonce, instance }));
}

function text(counted: Counted) {
  return { content: [{ type: 'text' as const, text: JSON.stringify(counted) }] };
}
