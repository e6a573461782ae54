import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../suites/program';
import type { Company } from './company';

/** Compilers of the company, by the folder that npm has put them into. */
export const COMPILERS = ['typescript', 'typescript-newest'];

const USE_CONSTRUCTS = `
import { Stack } from 'aws-cdk-lib';
import { AgentIdentity, FleetEdge, McpFleet, ServerRuntime } from 'cdk-mcp-fleet';
export class Tools extends Stack {
  readonly fleet = new McpFleet(this, 'Mcp', {
    identity: AgentIdentity.oidc({ issuer: 'https://login.acme.example', audience: 'https://mcp.acme.example' }),
    edge: FleetEdge.internal(),
  });
  readonly search = this.fleet.addServer('search', { runtime: ServerRuntime.remote({ url: 'https://search.example/mcp' }) });
}
`;
const USE_CLIENT = `
import { type Fetch, type Outcome, RecoveryExhausted, recoveringFetch } from 'cdk-mcp-fleet/client';
const inner: Fetch = async (input) => { throw new Error(String(input)); };
const fetching = recoveringFetch({ taskId: 'a', fetch: inner });
export const outcome: Outcome | undefined = RecoveryExhausted.from(undefined)?.outcome;
export const unknown: number = fetching.task.report().unknown.length;
// @ts-expect-error: there is no such option, and types that are not found would not say so
recoveringFetch({ noSuchOption: true });
`;

/** The ways in which a program may look for a module's types. */
const RESOLUTIONS: Readonly<Record<string, object>> = {
  node10: { module: 'commonjs', moduleResolution: 'node10' },
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

/** The newest TypeScript has no \`node10\` any more. */
const GONE: Readonly<Record<string, readonly string[]>> = { 'typescript-newest': ['node10'] };

/** Types with and without what a program may have: `skipLibCheck` is off, so that our own declarations are checked too. */
const SURROUNDINGS: Readonly<Record<string, { readonly sources: Readonly<Record<string, string>>; readonly options: object }>> = {
  'constructs and client, @types/node': {
    sources: { constructs: USE_CONSTRUCTS, client: USE_CLIENT },
    options: { lib: ['es2022'], types: ['node'], skipLibCheck: true },
  },
  'client, neither Node nor DOM': { sources: { client: USE_CLIENT }, options: { lib: ['es2022'], types: [] } },
  'client, DOM': { sources: { client: USE_CLIENT }, options: { lib: ['es2022', 'dom'], types: [] } },
};

/** One trial for each compiler and each way to find a module, as CommonJS and as an ES module where there is a difference. */
export function typeErrors(company: Company, signal: AbortSignal): readonly [name: string, problems: () => Promise<readonly string[]>][] {
  return COMPILERS.flatMap((compiler) =>
    Object.entries(RESOLUTIONS)
      .filter(([name]) => !GONE[compiler]?.includes(name))
      .flatMap(([name, resolution]) =>
        Object.entries(SURROUNDINGS).map(([surrounding, { sources, options }]): [string, () => Promise<readonly string[]>] => [
          `types: ${compiler}, ${name}, ${surrounding}`,
          () => {
            const folder = join(company.folder, 'types', `${compiler}-${name}-${surrounding}`.replaceAll(/[^\w-]+/g, '-'));
            return compile(
              {
                company,
                compiler,
                folder,
                files: modulesOf(sources),
                options: { ...resolution, ...options },
              },
              signal,
            );
          },
        ]),
      ),
  );
}

/** As CommonJS, as an ES module, and as what the package says. */
function modulesOf(sources: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(sources).flatMap(([name, text]) => ['cts', 'mts', 'ts'].map((ending) => [`${name}.${ending}`, text])),
  );
}

export interface Compilation {
  readonly company: Company;
  readonly compiler: string;
  /** Inside the company's, so that its packages are found. */
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
  readonly options: object;
}

/** @returns what the compiler says; nothing when the files are right */
export async function compile({ company, compiler, folder, files, options }: Compilation, signal: AbortSignal): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const compilerOptions = { target: 'es2022', strict: true, noEmit: true, ...options };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }, null, 2));
  const tsc = join(company.folder, 'node_modules', compiler, 'bin/tsc');
  if (!existsSync(tsc)) throw new Error(`${compiler} has no ${tsc}`);
  const { code, output } = await run(process.execPath, [tsc, '-p', folder], company.folder, signal);
  return code === 0 ? [] : output.trim().split('\n').slice(0, 20);
}
