// httpxy before the server. Copied beside the installed packages.
import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'httpxy';

const proxy = createProxyServer({ target: process.env.UPSTREAM, agent: new Agent({ keepAlive: true, noDelay: true }) });
const server = createServer({ noDelay: true, keepAliveTimeout: 600_000 }, (request, response) => {
  proxy.web(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
