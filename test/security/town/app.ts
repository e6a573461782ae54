import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ApprovedTools, Argument, KeyPolicy, type McpFleet, McpServer, ServerRuntime, ServerSecret, ToolPolicy } from '../../../lib';
import type { FleetApp } from '../../suites/fleet-app';
import { EVIL_TOOLS } from '../evil/evil-tools';
import { GRANTED_PROMPT, GRANTED_RESOURCES, GRANTED_TOOLS, MOST_LENT, REVIEWED } from './tools';

/** `reader` and `other` may use the same; `banned` was granted something, and denied everything; `nobody` has no grant at all. */
export const AGENTS = ['reader', 'other', 'banned', 'nobody'] as const;
export type AgentName = (typeof AGENTS)[number];

/** `vault` and `safe` run the same program, and the safe is granted to nobody but `other`. */
export const SERVERS = ['vault', 'safe', 'evil', 'mime'] as const;
export type ServerName = (typeof SERVERS)[number];

/** Secret of the evil server, as its stack names it. */
export const EVIL_SECRET = 'EvilKey';
const INSTANCES = { minInstances: 1, maxInstances: 1 };

export interface TownAppProps {
  readonly programs: Readonly<Record<'vault' | 'evil', string>>;
  readonly scratch: string;
  /** Where servers tell what they did, and where they try to lead others. */
  readonly suiteUrl: string;
  readonly elsewhereUrl: string;
}

/** A fleet with servers to be protected, one that means harm, and agents that may use some of them. */
export function townApp({ programs, scratch, suiteUrl, elsewhereUrl }: TownAppProps): FleetApp {
  const reviewed = join(scratch, 'mcp-tools.json');
  writeFileSync(reviewed, JSON.stringify({ mime: REVIEWED }));
  const runtime = (program: 'vault' | 'evil') => ServerRuntime.http({ directory: programs[program], port: 3000 });
  const environment = (server: ServerName) => ({ SERVER: server, SUITE: suiteUrl, ELSEWHERE: elsewhereUrl });
  const tools = {
    open: ToolPolicy.readOnly(),
    store: ToolPolicy.stateChanging(),
    pay: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED }),
    lend: ToolPolicy.readOnly(),
    burn: ToolPolicy.stateChanging(),
  };
  const servers = (fleet: McpFleet, stack: Stack): McpServer[] => {
    const key = new Secret(stack, EVIL_SECRET, { generateSecretString: { excludePunctuation: true, passwordLength: 40 } });
    const add = (name: ServerName, props: Parameters<McpFleet['addServer']>[1]) =>
      fleet.addServer(name, { scaling: INSTANCES, sessions: { perInstance: 1_000 }, environment: environment(name), ...props });
    const [vault, safe] = [add('vault', { runtime: runtime('vault'), tools }), add('safe', { runtime: runtime('vault'), tools })];
    const evilTools = Object.fromEntries(EVIL_TOOLS.filter((name) => name !== 'break').map((name) => [name, ToolPolicy.readOnly()]));
    const evil = add('evil', { runtime: runtime('evil'), tools: evilTools, secrets: [ServerSecret.environment('EVIL_KEY', key)] });
    const approvedTools = ApprovedTools.fromFile(reviewed);
    const mime = add('mime', { runtime: runtime('evil'), approvedTools });
    grant(fleet, { vault, safe, evil, mime });
    return [];
  };
  return { name: 'security', agents: [], servers };
}

function grant(fleet: McpFleet, { vault, safe, evil, mime }: Readonly<Record<ServerName, McpServer>>): void {
  const [reader, other, banned] = AGENTS.map((name) => fleet.addAgent(name, { subject: `agent-${name}` }));
  if (reader === undefined || other === undefined || banned === undefined) throw new Error('there are agents');
  for (const agent of [reader, other]) {
    vault.grantCall(agent, {
      tools: [...GRANTED_TOOLS, 'lend'],
      when: { lend: { amount: Argument.between(0, MOST_LENT), to: Argument.matching('acme-*').orAbsent() } },
      resources: [GRANTED_RESOURCES],
      prompts: [GRANTED_PROMPT],
    });
    evil.grantCall(agent, { tools: [McpServer.ALL_TOOLS] });
    mime.grantCall(agent, { tools: [McpServer.ALL_TOOLS], resources: ['*'], prompts: ['*'] });
  }
  safe.grantCall(other, { tools: [...GRANTED_TOOLS] });
  vault.grantCall(banned, { tools: [...GRANTED_TOOLS] });
  vault.denyCall(banned, { tools: [McpServer.ALL_TOOLS] });
}
