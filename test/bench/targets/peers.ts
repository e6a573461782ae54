import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layBeside, type PackageCache } from '../../suites/package-cache';
import { PATH } from '../calls';
import { alone } from './alone';
import { Absent, type Surroundings, type Target } from './target';

/** Proxies of others, with what one would set for such a fleet. */

/** One process, connections to the server that are kept, and a hash of the session. */
export async function startNginx(surroundings: Surroundings): Promise<Target> {
  const { scratch, ports, upstream } = surroundings;
  requireProgram('nginx', '-v');
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
}
`;
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration);
  return alone(surroundings, { name: 'nginx', command: ['nginx', '-p', folder, '-c', file] }, port);
}

/** One thread, and a stick table on the session. */
export async function startHaproxy(surroundings: Surroundings): Promise<Target> {
  const { scratch, ports, upstream } = surroundings;
  requireProgram('haproxy', '-v');
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
  return alone(surroundings, { name: 'haproxy', command: ['haproxy', '-db', '-f', file] }, port);
}

export function startHttpxy(surroundings: Surroundings): Promise<Target> {
  const { node, upstream } = surroundings;
  const program = join(layBeside(required(surroundings.packages), 'test/bench/peers'), 'httpxy.mjs');
  return alone(surroundings, { name: 'httpxy', command: [node, program], env: { UPSTREAM: `http://127.0.0.1:${upstream}` } });
}

/** It has one child for all its sessions, which so knows of one only. */
export async function startMcpProxy(surroundings: Surroundings): Promise<Target> {
  const { node, programs, ports } = surroundings;
  const [port, program] = [await ports.take(), join(required(surroundings.packages).locate('mcp-proxy'), 'dist/bin/mcp-proxy.mjs')];
  const settings = ['--server', 'stream', '--host', '127.0.0.1', '--port', String(port), '--streamEndpoint', PATH];
  const server = [process.execPath, join(programs, 'stdio.js')];
  const target = await alone(surroundings, { name: 'mcp-proxy', command: [node, program, ...settings, '--', ...server] }, port);
  return { ...target, session: 'mcp-proxy' };
}

function required(packages: PackageCache | undefined): PackageCache {
  if (packages === undefined) throw new Absent('its package is not installed');
  return packages;
}

function requireProgram(name: string, flag: string): void {
  if (spawnSync(name, [flag]).error !== undefined) throw new Absent('it is not installed');
}
