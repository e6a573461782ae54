import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  type ChildBounds,
  type ChildUserRange,
  GUARDED_PREFIX,
  type HttpRuntimeConfig,
  RUNTIME_PORT,
  SERVER_NAME,
  SIDECAR_CONFIG_VARIABLE,
  SIDECAR_KEY_VARIABLE,
  type SidecarConfig,
  type StdioRuntimeConfig,
} from '../core/fleet-config';
import { requireKnown } from '../core/formats';
import { readKeyRing } from '../core/secrets/key-ring';
import { LeakGuard } from '../core/secrets/leak-guard';

/** Everything the sidecar takes from its environment, read once. */
export interface Settings {
  readonly config: SidecarConfig;
  /** The gateway–sidecar keys, the newest first. */
  readonly keys: readonly [KeyObject, ...KeyObject[]];
  readonly host: string;
  readonly port: number;
  /** Base of the ECS task metadata endpoint v4; absent outside ECS. */
  readonly metadataUri?: string;
  /** Base of the ECS agent's API, where task protection is set; absent outside ECS. */
  readonly agentUri?: string;
  /** The whole environment of a stdio child. */
  readonly childEnvironment: Readonly<Record<string, string>>;
  /** Keeps the server's secrets in; absent where it has none. */
  readonly guard?: LeakGuard;
  /** Whether a stdio server is started once before there is a session: set where servers are changed all the time. */
  readonly triesChild?: boolean;
}

/** What every child gets, besides what its server declares. */
const CHILD_BASICS = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
/** A key shorter than HMAC-SHA256's output weakens it (RFC 2104 §3). */
const KEY_MIN_BYTES = 32;

/** @throws Error that lists every problem, the value got and what is allowed; a secret's value is never shown */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const problems: string[] = [];
  const config = readConfig(environment[SIDECAR_CONFIG_VARIABLE], problems);
  const keys = readKeys(environment[SIDECAR_KEY_VARIABLE] ?? '', problems);
  const port = Number(environment.PORT ?? RUNTIME_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    problems.push(`PORT must be 0 to 65535; got ${JSON.stringify(environment.PORT)}`);
  const guard = guardOf(config?.secrets ?? [], environment, problems);
  if (problems.length > 0 || config === undefined) throw new Error(`The sidecar cannot start: ${problems.join(' ')}`);
  const named = config.runtime.kind === 'stdio' ? config.runtime.environment : [];
  return {
    config,
    keys: keys as [KeyObject, ...KeyObject[]],
    host: environment.HOST ?? '0.0.0.0',
    port,
    metadataUri: environment.ECS_CONTAINER_METADATA_URI_V4 || undefined,
    agentUri: environment.ECS_AGENT_URI || undefined,
    childEnvironment: pick(environment, [...CHILD_BASICS, ...named]),
    ...(guard !== undefined && { guard }),
    triesChild: environment.MCP_FLEET_TRY_CHILD === '1',
  };
}

function readConfig(text: string | undefined, problems: string[]): SidecarConfig | undefined {
  let given: Partial<SidecarConfig>;
  try {
    given = JSON.parse(text ?? '') as Partial<SidecarConfig>;
  } catch {
    problems.push(`${SIDECAR_CONFIG_VARIABLE} must hold a SidecarConfig as JSON; got ${text ? 'text that is no JSON' : 'nothing'}.`);
    return undefined;
  }
  try {
    requireKnown('sidecarConfig', given ?? {});
  } catch (error) {
    problems.push(`${SIDECAR_CONFIG_VARIABLE}: ${(error as Error).message}`);
    return undefined;
  }
  const {
    fleet,
    server,
    slots,
    warm = 0,
    drainSeconds,
    deployWithinSeconds,
    streamAgeSeconds,
    keepIdleSeconds,
    onLoss,
    runtime,
  } = given ?? {};
  const refuse = (name: string, value: unknown, allowed: string) =>
    problems.push(`${SIDECAR_CONFIG_VARIABLE}.${name} must be ${allowed}; got ${JSON.stringify(value) ?? 'nothing'}.`);
  if (typeof fleet !== 'string' || fleet === '') refuse('fleet', fleet, 'a non-empty string');
  if (typeof server !== 'string' || !SERVER_NAME.test(server)) refuse('server', server, `a name like ${SERVER_NAME}`);
  if (!Number.isInteger(slots) || (slots as number) < 1) refuse('slots', slots, 'a whole number from 1');
  if (!Number.isInteger(warm) || warm < 0 || warm > (slots as number)) refuse('warm', warm, 'a whole number from 0 to slots, or absent');
  // ECS waits at most 120 s between SIGTERM and SIGKILL on Fargate.
  if (typeof drainSeconds !== 'number' || !(drainSeconds >= 0 && drainSeconds < 120))
    refuse('drainSeconds', drainSeconds, '0 to below 120');
  if (deployWithinSeconds !== undefined && !(typeof deployWithinSeconds === 'number' && deployWithinSeconds >= 0))
    refuse('deployWithinSeconds', deployWithinSeconds, 'a number from 0, or absent');
  if (streamAgeSeconds !== undefined && !(typeof streamAgeSeconds === 'number' && streamAgeSeconds > 0))
    refuse('streamAgeSeconds', streamAgeSeconds, 'a number above 0, or absent');
  if (keepIdleSeconds !== undefined && !(typeof keepIdleSeconds === 'number' && keepIdleSeconds > 0))
    refuse('keepIdleSeconds', keepIdleSeconds, 'a number above 0, or absent');
  if (onLoss !== undefined && onLoss !== 'restart' && onLoss !== 'surface') refuse('onLoss', onLoss, '"restart" or "surface", or absent');
  if (given?.targetTls !== undefined && typeof given.targetTls !== 'boolean')
    refuse('targetTls', given.targetTls, 'true, false, or absent');
  const problem = problemOfRuntime(runtime);
  if (problem) refuse('runtime', runtime, problem);
  const users = runtime?.kind === 'stdio' ? runtime.users : undefined;
  if (users !== undefined && !isRange(users)) refuse('runtime.users', users, 'first and count, whole numbers from 1, or absent');
  const bounds = runtime?.kind === 'stdio' ? runtime.bounds : undefined;
  if (bounds !== undefined && !areBounds(bounds))
    refuse('runtime.bounds', bounds, 'tasks, and perhaps memoryMiB, whole numbers from 1, or absent');
  // Children as one user could read this one's keys.
  if (users !== undefined && process.getuid?.() !== 0)
    problems.push(
      `${SIDECAR_CONFIG_VARIABLE}.runtime.users needs a sidecar that runs as root, to start each child as a user of its own; it runs as user ${process.getuid?.()}. Leave the user of the container as the construct has it.`,
    );
  return given as SidecarConfig;
}

function areBounds({ tasks, memoryMiB = 1 }: Partial<ChildBounds>): boolean {
  return [tasks, memoryMiB].every((value) => Number.isSafeInteger(value) && (value as number) > 0);
}

function isRange({ first, count }: Partial<ChildUserRange>): boolean {
  return [first, count].every((value) => Number.isSafeInteger(value) && (value as number) > 0);
}

/** The newest first. */
function readKeys(text: string, problems: string[]): KeyObject[] {
  try {
    const keys = readKeyRing(text).map(({ key }) => Buffer.from(key));
    const shortest = Math.min(...keys.map(({ length }) => length));
    if (shortest >= KEY_MIN_BYTES) return keys.map((key) => createSecretKey(key)).toReversed();
    problems.push(
      `${SIDECAR_KEY_VARIABLE} must hold at least ${KEY_MIN_BYTES} bytes; got ${shortest}. Inject the server's sidecar key secret.`,
    );
  } catch (error) {
    problems.push(`${SIDECAR_KEY_VARIABLE} cannot be read: ${(error as Error).message}.`);
  }
  return [];
}

/** A sidecar that does not know what to keep in does not start. */
function guardOf(variables: readonly string[], environment: NodeJS.ProcessEnv, problems: string[]): LeakGuard | undefined {
  if (variables.length === 0) return undefined;
  const missing = variables.filter((name) => environment[name] === undefined);
  if (missing.length > 0) problems.push(`${missing.join(', ')} must hold secrets of the server; got nothing. Inject them.`);
  return new LeakGuard(variables.map((variable) => ({ name: variable.replace(GUARDED_PREFIX, ''), value: environment[variable] ?? '' })));
}

function problemOfRuntime(runtime: Partial<HttpRuntimeConfig> | Partial<StdioRuntimeConfig> | undefined): string | undefined {
  if (runtime?.kind === 'http') {
    const url = URL.canParse(runtime.url ?? '') ? new URL(runtime.url as string) : undefined;
    const loopback = url && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
    return url?.protocol === 'http:' && loopback ? undefined : 'of kind "http" with an http URL on loopback';
  }
  if (runtime?.kind === 'stdio') {
    const { command, environment } = runtime;
    const texts = (list: unknown) => Array.isArray(list) && list.every((item) => typeof item === 'string');
    return texts(command) && command?.[0] && texts(environment) ? undefined : 'of kind "stdio" with a command and a list of variable names';
  }
  return 'of kind "http" or "stdio"';
}

function pick(environment: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    // The gateway–sidecar key is the sidecar's alone, whatever a server declares.
    if (value !== undefined && name !== SIDECAR_KEY_VARIABLE) picked[name] = value;
  }
  return picked;
}
