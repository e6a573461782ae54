// A tiny server on fastmcp. Copied beside the installed packages.
import { FastMCP } from 'fastmcp';
import { z } from 'zod';

const server = new FastMCP({ name: 'echo', version: '1.0.0' });
server.addTool({
  name: 'echo',
  description: 'Says it again',
  parameters: z.object({ message: z.string() }),
  execute: async ({ message }) => `fastmcp says ${message}`,
});
await server.start({ transportType: 'httpStream', httpStream: { port: Number(process.env.PORT), endpoint: '/mcp', host: '127.0.0.1' } });
