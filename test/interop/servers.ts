import { join } from 'node:path';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { ServerRuntime } from '../../lib';
import type { PackageCache } from '../suites/package-cache';

/** A server of others, as an operator would declare it. */
export interface InteropServer {
  readonly package: string;
  readonly how: string;
  readonly runtime: ServerRuntime;
  /** A call, and what its result says; absent where only tools are listed. */
  readonly call?: { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>>; readonly says: string };
}

export const SERVER_NAMES = ['everything', 'filesystem', 'memory', 'sequential-thinking', 'playwright', 'mcp-proxy', 'fastmcp'] as const;

export type ServerName = (typeof SERVER_NAMES)[number];

/** @param programs folder where our own programs lie beside the packages */
export function interopServers(cache: PackageCache, programs: string): Readonly<Record<ServerName, InteropServer>> {
  const stdio = (name: string, command: string[]): Pick<InteropServer, 'package' | 'how' | 'runtime'> => ({
    package: name,
    how: 'stdio',
    runtime: ServerRuntime.stdio({ package: name, version: cache.version(name), command }),
  });
  // Images of the company's own; here they run by a declared command.
  const image = (name: string, command: string[]) =>
    ServerRuntime.http({ image: ContainerImage.fromRegistry(`interop/${name}`), port: 3000, localCommand: command });
  const message = 'ahoy';
  const entity = { name: 'acme', entityType: 'company', observations: ['pays in time'] };
  return {
    everything: {
      package: '@modelcontextprotocol/server-everything',
      how: 'http',
      runtime: ServerRuntime.http({
        package: '@modelcontextprotocol/server-everything',
        version: cache.version('@modelcontextprotocol/server-everything'),
        bin: 'mcp-server-everything',
        args: ['streamableHttp'],
        port: 3000,
      }),
      call: { tool: 'echo', arguments: { message }, says: message },
    },
    filesystem: {
      ...stdio('@modelcontextprotocol/server-filesystem', [
        'sh',
        '-c',
        'mkdir -p "$HOME/files" && exec mcp-server-filesystem "$HOME/files"',
      ]),
      call: { tool: 'list_allowed_directories', arguments: {}, says: 'files' },
    },
    memory: {
      ...stdio('@modelcontextprotocol/server-memory', ['sh', '-c', 'MEMORY_FILE_PATH=$(mktemp) exec mcp-server-memory']),
      call: { tool: 'create_entities', arguments: { entities: [entity] }, says: entity.name },
    },
    'sequential-thinking': {
      ...stdio('@modelcontextprotocol/server-sequential-thinking', ['mcp-server-sequential-thinking']),
      call: {
        tool: 'sequentialthinking',
        arguments: { thought: 'one', thoughtNumber: 1, totalThoughts: 1, nextThoughtNeeded: false },
        says: 'thoughtHistoryLength',
      },
    },
    playwright: stdio('@playwright/mcp', ['playwright-mcp']),
    'mcp-proxy': {
      package: 'mcp-proxy',
      how: 'http over stdio',
      runtime: image('mcp-proxy', ['sh', '-c', 'exec mcp-proxy --host 127.0.0.1 --port "$PORT" -- mcp-server-everything stdio']),
      call: { tool: 'echo', arguments: { message }, says: message },
    },
    fastmcp: {
      package: 'fastmcp',
      how: 'http',
      runtime: image('fastmcp', ['node', join(programs, 'fastmcp-echo.mjs')]),
      call: { tool: 'echo', arguments: { message }, says: `fastmcp says ${message}` },
    },
  };
}
