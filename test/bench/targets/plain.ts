import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, serve } from '../process';
import type { Surroundings, Target } from './target';

/** Targets that know nothing of sessions, agents or MCP. */

export async function direct({ upstream }: Surroundings): Promise<Target> {
  return { name: 'direct', port: upstream, own: [], headers: async () => ({}), stop: async () => undefined };
}

/** One process, connections to the server that are kept, and a hash on the session. */
export async function nginx(surroundings: Surroundings): Promise<Target> {
  const { scratch, ports, upstream } = surroundings;
  const [port, folder] = [await ports.take(), join(scratch, 'nginx')];
  mkdirSync(folder, { recursive: true });
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  const configuration = `
    daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log warn;
    events { worker_connections 8192; }
    http {
      access_log off; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 600s; ${places.join(' ')}
      upstream servers { hash $http_mcp_session_id consistent; server 127.0.0.1:${upstream}; keepalive 4096; keepalive_requests 1000000000; }
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / { proxy_pass http://servers; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_read_timeout 3600s; }
      }
    }`;
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  return alone(surroundings, { name: 'nginx', command: ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')], port });
}

/** One thread, and a stick table on the session. */
export async function haproxy(surroundings: Surroundings): Promise<Target> {
  const { scratch, ports, upstream } = surroundings;
  const [port, file] = [await ports.take(), join(scratch, 'haproxy.cfg')];
  const configuration = `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  http-reuse always
frontend agents
  bind 127.0.0.1:${port} backlog 4096
  default_backend servers
backend servers
  stick-table type string len 128 size 100k expire 1h
  stick on req.hdr(mcp-session-id)
  server one 127.0.0.1:${upstream}
`;
  writeFileSync(file, configuration);
  return alone(surroundings, { name: 'haproxy', command: ['haproxy', '-db', '-f', file], port });
}

export async function nodePipe(surroundings: Surroundings): Promise<Target> {
  return ofProgram('node-pipe', surroundings);
}

export async function gatewayLike(surroundings: Surroundings): Promise<Target> {
  return ofProgram('gateway-like', surroundings, { AUDIT: join(surroundings.scratch, 'gateway-like.audit') });
}

/** One of the bench's own programs before the server. */
async function ofProgram(name: string, surroundings: Surroundings, more: Readonly<Record<string, string>> = {}): Promise<Target> {
  const { programs, node, ports, upstream } = surroundings;
  const env = { UPSTREAM: `http://127.0.0.1:${upstream}`, ...more };
  return alone(surroundings, { name, command: [node, join(programs, `${name}.js`)], port: await ports.take(), env });
}

async function alone({ scratch }: Surroundings, command: Omit<Command, 'log'>): Promise<Target> {
  const served = await serve({ ...command, log: join(scratch, `${command.name}.log`) });
  return { name: command.name, port: served.port, own: [served], headers: async () => ({}), stop: served.stop };
}
