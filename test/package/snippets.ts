import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Company } from './company';
import type { Contents } from './contents';
import { COMPILERS, compile } from './types';

/** What the reader of a page has at hand, whichever snippet it is. */
const AT_HAND = `
import type { Client } from '@modelcontextprotocol/client';
import type * as cdk from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as awsIam from 'aws-cdk-lib/aws-iam';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as fs from 'node:fs';
import type * as library from 'cdk-mcp-fleet';
import type * as agent from 'cdk-mcp-fleet/client';
declare global {
  const stack: cdk.Stack;
  const iam: typeof awsIam;
  const identity: library.AgentIdentity;
  const edge: library.FleetEdge;
  const AgentIdentity: typeof library.AgentIdentity;
  const McpFleet: typeof library.McpFleet;
  const fleet: library.McpFleet;
  const teamStack: cdk.Stack;
  const Vpc: typeof ec2.Vpc;
  const McpAgent: typeof library.McpAgent;
  const McpServer: typeof library.McpServer;
  const payments: library.McpServer;
  const support: library.McpAgent;
  const research: library.McpAgent;
  const stage: string;
  const assert: typeof import('node:assert/strict');
  const ApprovedTools: typeof library.ApprovedTools;
  const Argument: typeof library.Argument;
  const CallLimit: typeof library.CallLimit;
  const Expiration: typeof cdk.Expiration;
  const certificate: acm.ICertificate;
  const runtime: library.ServerRuntime;
  const ContainerImage: typeof ecs.ContainerImage;
  const providerKey: secretsmanager.ISecret;
  const client: Client;
  const url: any;
  const authorization: string;
  const Duration: typeof cdk.Duration;
  const Size: typeof cdk.Size;
  const readFileSync: typeof fs.readFileSync;
  const KeyPolicy: typeof library.KeyPolicy;
  const Reconcile: typeof library.Reconcile;
  const ServerCredential: typeof library.ServerCredential;
  const ServerMethod: typeof library.ServerMethod;
  const ServerRuntime: typeof library.ServerRuntime;
  const ServerSecret: typeof library.ServerSecret;
  const ToolPolicy: typeof library.ToolPolicy;
  const recovering: agent.RecoveringFetch;
  const RecoveryExhausted: typeof agent.RecoveryExhausted;
  const StreamableHTTPClientTransport: typeof import('@modelcontextprotocol/client').StreamableHTTPClientTransport;
}
`;

/** Compiles every snippet of the package's pages against its types. */
export async function snippetErrors(company: Company, { folder, files }: Contents, signal: AbortSignal): Promise<readonly string[]> {
  const pages = files.filter((file) => file.endsWith('.md'));
  const programs = pages.flatMap((page) =>
    snippetsOf(readFileSync(join(folder, page), 'utf8')).map(
      ({ line, text }) => [`${page.replaceAll(/[/.]/g, '-')}-${line}.ts`, programOf(text)] as const,
    ),
  );
  if (programs.length === 0) return ['no page has a snippet'];
  const compilation = {
    company,
    compiler: COMPILERS[0] as string,
    folder: join(company.folder, 'snippets'),
    files: { 'at-hand.ts': AT_HAND, ...Object.fromEntries(programs) },
    options: { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: ['node'], skipLibCheck: true },
  };
  return compile(compilation, signal);
}

function snippetsOf(page: string): readonly { readonly line: number; readonly text: string }[] {
  return [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ index, 1: text }) => ({
    line: page.slice(0, index).split('\n').length,
    text: text as string,
  }));
}

/** A snippet stands in a stack's constructor, in an agent's function, or among the members of an object. */
function programOf(snippet: string): string {
  const lines = snippet.split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const body = lines
    .filter((line) => !line.startsWith('import '))
    .join('\n')
    .trim();
  const isMember = /^[\w'/-]+: /.test(body);
  const statements = isMember ? `const members = {\n${body}\n};` : body;
  return `${imports.join('\n')}\nimport { Stack } from 'aws-cdk-lib';\nexport class Snippet extends Stack {\n  async read() {\n${statements}\n}\n}\n`;
}
