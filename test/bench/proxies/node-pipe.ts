import { Agent, request as ask, createServer } from 'node:http';
import { listen } from '../listen';

/** Node's own HTTP on both sides: nothing but pass on. */
const upstream = new URL(process.env.UPSTREAM as string);
const agent = new Agent({ keepAlive: true, noDelay: true });

const server = createServer({ noDelay: true, keepAliveTimeout: 600_000 }, (request, response) => {
  const { method, url, headers } = request;
  const outgoing = ask({ agent, host: upstream.hostname, port: upstream.port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    response.flushHeaders();
  });
  outgoing.on('error', () => response.destroy());
  response.on('close', () => response.writableFinished || outgoing.destroy());
  request.pipe(outgoing);
});

listen(server);
