import { SIDECAR_CONFIG_VARIABLE, SIDECAR_KEY_VARIABLE } from '../core/fleet-config';
import { textOf as sortedJson } from '../local/cloudformation/template-changes';
import type { DeclaredTask } from './declared';
import type { Container } from './resources';
import { textOf } from './symbolic';
import { listOf, type Members, membersOf, textIn } from './told';

/** Metadata by which the constructs tell how a container runs on a developer's machine. */
const CONTAINERS = 'cdk-mcp-fleet:containers';
/** Variables that the constructs set. */
const OWN = ['PORT', SIDECAR_CONFIG_VARIABLE, SIDECAR_KEY_VARIABLE];

export function readTask({ task, name, properties, environment, secrets }: Container): DeclaredTask {
  const hints = membersOf(membersOf(task.resource.Metadata?.[CONTAINERS])?.[name]) ?? {};
  const platform = membersOf(task.properties.RuntimePlatform);
  return {
    cpu: textOf(task.properties.Cpu),
    memory: textOf(task.properties.Memory),
    processor: textOf(platform?.CpuArchitecture),
    image: textOf(properties.Image),
    words: [...(listOf(properties.EntryPoint) ?? []), ...(listOf(properties.Command) ?? [])].map(textOf),
    secrets: others(secrets),
    environment: others(environment),
    npm: npmOf(hints),
    localCommand: (listOf(hints.command) ?? []).map(textOf),
    healthCheck: properties.HealthCheck === undefined ? '' : sortedJson(properties.HealthCheck),
    whole: sortedJson(task.properties),
  };
}

function npmOf(hints: Members): string | undefined {
  const npm = membersOf(hints.npm);
  const [name, version, bin] = [textIn(npm?.package), textIn(npm?.version), textIn(npm?.bin)];
  if (name === undefined) return undefined;
  return `${name}@${version ?? ''}${bin === undefined || name.endsWith(bin) ? '' : `, ${bin}`}`;
}

function others(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, string> {
  return new Map([...values].filter(([name]) => !OWN.includes(name)).map(([name, value]) => [name, textOf(value)]));
}
