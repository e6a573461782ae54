import { layBeside, type PackageCache, packageCache } from '../suites/package-cache';

/** A client under test. */
export interface InteropClient {
  /** Name on the command line and in expectations. */
  readonly name: ClientName;
  /** Name in tables, with its version. */
  readonly title: string;
  /** File of the driver, without its ending. */
  readonly driver: string;
  /** Node that runs it. */
  readonly node: string;
}

interface Declared {
  readonly package: string;
  /** Said in tables in place of the package's alias. */
  readonly as?: string;
  readonly mode?: string;
  readonly driver: string;
  readonly needsNode22?: true;
}

const CLIENTS = {
  v1: { package: '@modelcontextprotocol/sdk', driver: 'sdk-v1' },
  v2: { package: '@modelcontextprotocol/client', driver: 'sdk-v2' },
  'v2-auto': { package: '@modelcontextprotocol/client', mode: 'auto', driver: 'sdk-v2-auto' },
  'v2-modern': { package: '@modelcontextprotocol/client', mode: 'pinned 2026-07-28', driver: 'sdk-v2-modern' },
  'ai-sdk-1': { package: '@ai-sdk/mcp', driver: 'ai-sdk-1' },
  'ai-sdk-2': { package: 'ai-sdk-mcp-2', as: '@ai-sdk/mcp', driver: 'ai-sdk-2', needsNode22: true },
  langchain: { package: '@langchain/mcp-adapters', driver: 'langchain' },
  'openai-agents': { package: '@openai/agents', driver: 'openai-agents' },
  mastra: { package: '@mastra/mcp', driver: 'mastra' },
  'mcp-remote': { package: 'mcp-remote', mode: 'under SDK v1 on stdio', driver: 'mcp-remote' },
  'inspector-cli': { package: '@modelcontextprotocol/inspector-cli', driver: 'inspector-cli' },
} as const satisfies Record<string, Declared>;

export type ClientName = keyof typeof CLIENTS;
export const CLIENT_NAMES = Object.keys(CLIENTS) as ClientName[];

/** The packages of all clients, with our drivers beside them. */
export interface ClientPackages {
  readonly cache: PackageCache;
  /** Folder of the drivers. */
  readonly drivers: string;
}

export function clientPackages(): ClientPackages {
  const cache = packageCache('test/interop/packages/clients');
  return { cache, drivers: layBeside(cache, 'test/interop/clients') };
}

export function clientOf(name: ClientName, { cache }: ClientPackages): InteropClient {
  const { package: installed, as = installed, mode, driver, needsNode22 }: Declared = CLIENTS[name];
  const title = `${as} ${cache.version(installed)}${mode === undefined ? '' : `, ${mode}`}`;
  return { name, title, driver, node: needsNode22 ? cache.newerNode() : process.execPath };
}
