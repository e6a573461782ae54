import { join } from 'node:path';
import { succeed } from '../suites/program';
import type { Company } from './company';
import { COMPILERS, compile } from './types';

/** What nobody but our own functions can make: words and literals in its place must not compile, nor one class for another. */
export async function opaqueErrors(company: Company, signal: AbortSignal): Promise<readonly string[]> {
  const classes = await classesOf(company, signal);
  if (classes.length < 8) return [`only these classes were found: ${classes.join(', ')}`];
  const lines = [
    "import * as fleet from 'cdk-mcp-fleet';",
    ...classes.map((name) => `declare const a${name}: fleet.${name};`),
    'declare const mcp: fleet.McpFleet;',
    ...classes.flatMap((name) => [`export const is${name}: fleet.${name} = a${name};`, ...wrongFor(name, classes)]),
    "mcp.addServer('notes', { runtime: aServerRuntime, tools: { write: aToolPolicy } });",
    ...WRONG_WORDS.map(refused),
  ];
  const options = { module: 'esnext', moduleResolution: 'bundler', types: ['node'], skipLibCheck: true };
  const folder = join(company.folder, 'opaque');
  return compile({ company, compiler: COMPILERS[0] as string, folder, files: { 'opaque.ts': lines.join('\n') }, options }, signal);
}

/** Found rather than listed: a class that is new is tried, too. */
async function classesOf({ folder }: Company, signal: AbortSignal): Promise<readonly string[]> {
  const script =
    "console.log(Object.entries(require('cdk-mcp-fleet')).filter(([, it]) => typeof it === 'function').map(([name]) => name).join())";
  return (await succeed(process.execPath, ['-e', script], folder, signal)).trim().split(',');
}

function wrongFor(name: string, classes: readonly string[]): readonly string[] {
  return [
    `export const text${name}: fleet.${name} = 'text';`,
    `export const number${name}: fleet.${name} = 5;`,
    `export const literal${name}: fleet.${name} = {};`,
    `export const alike${name}: fleet.${name} = {} as Pick<fleet.${name}, keyof fleet.${name}>;`,
    ...classes.filter((other) => other !== name).map((other) => `export const ${other}For${name}: fleet.${name} = a${other};`),
  ].map(refused);
}

const WRONG_WORDS = [
  "mcp.addServer('notes', { runtime: 'stdio' });",
  "mcp.addServer('notes', { runtime: aServerRuntime, tools: { write: 'readOnly' } });",
  "mcp.addServer('notes', { runtime: aServerRuntime, secrets: [{ name: 'KEY' }] });",
  "mcp.addServer('notes', { runtime: aServerRuntime, methods: [{ name: 'acme/reindex' }] });",
  "new fleet.McpFleet(mcp, 'Other', { identity: aAgentIdentity, edge: 'public' });",
  "new fleet.McpFleet(mcp, 'Other', { identity: { issuer: 'https://login.example' }, edge: aFleetEdge });",
  "fleet.ToolPolicy.stateChanging({ reconcile: 'find' });",
  "aMcpServer.grantCall('support', { tools: ['read'] });",
];

/** The compiler says so when a line that should not compile does. */
function refused(line: string): string {
  return `// @ts-expect-error\n${line}`;
}
