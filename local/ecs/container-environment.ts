import { join } from 'node:path';
import { FLEET_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE } from '../../core/fleet-config';
import { METRICS_INTERVAL_VARIABLE } from '../../core/metrics';
import { credentialVariables, type RoleCredentials } from '../iam/sessions';
import { pathInImage } from '../images/image';
import { rewriteTaskPorts } from './addresses';
import { pathOf } from './container-program';
import type { EcsMachine } from './machine';
import { type ContainerDefinition, environmentOf } from './task-definition';

/** What a container's environment is made of beside its definition. */
export interface EnvironmentPlace {
  readonly ports: ReadonlyMap<number, number>;
  /** Folder of the task, removed with it. */
  readonly folder: string;
  /** Variables that the ECS agent gives to this container. */
  readonly agent: Readonly<Record<string, string>>;
  /** Of the task's role; absent where it has none. */
  readonly credentials?: RoleCredentials;
}

/** What our own programs are told: every address in it is the fleet's. */
const OWN = [FLEET_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE];
/** Files by definition, which Node.js and OpenSSL read before any code of the server runs: they are looked for in the image first. */
const FILES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF'];

/**
 * The whole environment of a container, built from nothing: what the caller's shell exports must not decide how it behaves.
 *
 * A value of the template stays as it is, but for what the template itself refers to: names of load balancers (`Fn::GetAtt`), all
 * addresses in the configuration of our own programs, the container's own `PORT`, and the files of the image in {@link FILES}.
 */
export function containerEnvironment(
  definition: ContainerDefinition,
  place: EnvironmentPlace,
  machine: EcsMachine,
): Record<string, string> {
  const { program, properties } = definition;
  const template = { ...program.environment, ...environmentOf(properties) };
  const values = Object.fromEntries(
    Object.entries(template).map(([name, value]) => [name, valueHere(name, value, program.root, place, machine)]),
  );
  const preload = `--require ${JSON.stringify(machine.preload)}`;
  return {
    LANG: 'C.UTF-8',
    ...machine.aws,
    ...(place.credentials && credentialVariables(place.credentials)),
    ...values,
    ...machine.secretsFor(properties),
    ...place.agent,
    PATH: pathOf(program),
    HOME: join(place.folder, 'home'),
    TMPDIR: join(place.folder, 'tmp'),
    HOST: '127.0.0.1',
    // For a Node.js server that listens on the port of its image whatever PORT says.
    MCP_FLEET_LOCAL_PORTS: JSON.stringify(Object.fromEntries(place.ports)),
    ...(OWN.some((name) => name in template) && { [METRICS_INTERVAL_VARIABLE]: String(machine.metricsIntervalMs) }),
    // Whoever waits for the next version wants to know that it runs, before the one before it goes.
    ...(machine.replaceWithin && definition.role === 'sidecar' && { MCP_FLEET_TRY_CHILD: '1' }),
    NODE_OPTIONS: values.NODE_OPTIONS ? `${preload} ${values.NODE_OPTIONS}` : preload,
  };
}

function valueHere(name: string, value: string, root: string | undefined, { ports }: EnvironmentPlace, { addresses }: EcsMachine): string {
  if (OWN.includes(name)) return rewriteTaskPorts(addresses.rewrite(value), ports);
  if (name === 'PORT') return String(ports.get(Number(value)) ?? value);
  if (root !== undefined && FILES.includes(name)) return pathInImage(root, value);
  return addresses.rewriteHosts(value);
}
