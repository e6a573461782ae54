import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunningAccount } from './account';
import { LocalAccountError } from './account-error';
import { readCloudAssembly } from './assembly/cloud-assembly';
import { AwsEndpoint } from './aws-endpoint';
import { controlFilePath, removeControlFile, writeControlFile } from './control/control-file';
import { ControlServer } from './control/control-server';
import { startDynamoDb } from './dynamodb/embedded-dynamodb';
import { AddressBook } from './ecs/addresses';
import { AgentEndpoint } from './ecs/agent-endpoint';
import { readSecrets } from './ecs/machine';
import { NpmPackages } from './ecs/npm-package';
import type { Service } from './ecs/service';
import { edgeOf, findFleet, resolveFact } from './fleet-facts';
import { startIssuer } from './identity/local-issuer';
import { Images } from './images/images';
import { Functions } from './lambda/lambda-api';
import { Schedules } from './lambda/schedules';
import type { LocalAccount, LocalAccountOptions } from './local-account';
import { LogBook } from './logs/log-book';
import type { Machinery } from './machinery';
import { awsEnvironment } from './processes/credentials';
import { Ports } from './processes/ports';
import { startReaper } from './processes/reaper';
import { programPath } from './programs';
import { Provisioning, refuseUnsupported } from './provisioning';
import { SecretStore } from './secrets/secret-store';
import { Teardown } from './teardown';

/** A service that is not healthy after this many milliseconds fails the start. */
const HEALTHY_WITHIN = 60_000;
/** The whole account stops faster than a service of it would: nobody waits two minutes after Ctrl-C. */
const STOP_LIMITS = { drainMs: 500, stopMs: 5000 };

/**
 * Starts a synthesized cloud assembly on this machine: see {@link LocalAccount} for what then runs.
 * On failure nothing is left running.
 * @throws LocalAccountError that says what is wrong and how to fix it
 */
export async function startLocalAccount(options: LocalAccountOptions): Promise<LocalAccount> {
  const teardown = new Teardown();
  try {
    return await start(options, teardown);
  } catch (error) {
    // What went wrong first is what the caller can do something about.
    await teardown.run().catch(() => {});
    throw error;
  }
}

async function start(options: LocalAccountOptions, teardown: Teardown): Promise<LocalAccount> {
  const phase = phases(options);

  const assembly = readCloudAssembly(options.assembly);
  refuseUnsupported(assembly);
  const fleet = findFleet(assembly);
  const edge = edgeOf(fleet);
  const resources = assembly.stacks.reduce((count, { template }) => count + Object.keys(template.Resources).length, 0);
  phase('assembly', `${assembly.stacks.map(({ name }) => name).join(', ')}: ${resources} resources`);

  const { machinery, controlFolder, folder } = await startMachinery(options, fleet.stack.region, teardown, (stack, loadBalancer, port) =>
    stack === fleet.stack.name && loadBalancer === edge.loadBalancer && port === edge.port ? options.port : 0,
  );
  const provisioning = new Provisioning(assembly, () => machinery);
  phase('tables', `${await provisioning.create('tables')} at ${machinery.dynamodb.url}`);
  phase('secrets', await provisioning.create('secrets'));

  const issuerName = await resolveFact(fleet, 'issuer', provisioning);
  const agents = await resolveFact(fleet, 'agents', provisioning);
  const subjects = Object.fromEntries(Object.entries(agents).map(([agent, { subject }]) => [agent, subject]));
  const issuer = await startIssuer({ subjects, issuer: issuerName, ...(options.persist && { folder }) });
  teardown.add(() => issuer.stop());
  machinery.ecs.addresses.addText(issuerName, issuer.url);
  phase('identity', `${Object.keys(agents).length} agents; ${issuer.url} stands for ${issuerName}`);

  phase('functions', await provisioning.create('functions'));
  phase('load balancers', await provisioning.create('load balancers'));
  // Agents are let in before they are served: a taken port is known before any program has started.
  const baseUrl = edgeUrl(machinery, fleet.stack.name, edge);
  phase('services', `${await provisioning.create('services')}: ${taskCount(machinery)} tasks`);

  const account = new RunningAccount({
    assembly,
    provisioning,
    machinery,
    issuer,
    fleet: fleet.name,
    facts: {
      agents,
      audience: await resolveFact(fleet, 'audience', provisioning),
      servers: await resolveFact(fleet, 'servers', provisioning),
      ledgerTable: await resolveFact(fleet, 'ledgerTable', provisioning),
      directoryTable: await resolveFact(fleet, 'directoryTable', provisioning),
      allowlistTable: await resolveFact(fleet, 'allowlistTable', provisioning),
    },
    baseUrl,
    stop: () => teardown.run(),
  });
  await healthy([...machinery.services.values()]);
  const control = await ControlServer.start(account);
  teardown.add(() => control.stop());
  writeControlFile(controlFolder, { pid: process.pid, controlUrl: control.url, controlToken: control.token, baseUrl });
  teardown.add(() => removeControlFile(controlFolder, control.url));
  phase('ready', `every target is healthy; ${baseUrl}`);
  return account;
}

/** Starts everything that resources are put into; each part is stopped in reverse order. */
async function startMachinery(options: LocalAccountOptions, region: string, teardown: Teardown, portFor: Machinery['portFor']) {
  const controlFolder = options.controlFolder ?? process.cwd();
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-fleet-'));
  teardown.add(() => rmSync(scratch, { recursive: true, force: true }));
  const folder = options.persist ? resolve(options.persist) : scratch;
  mkdirSync(folder, { recursive: true, mode: 0o700 });

  const reaper = startReaper(scratch, controlFilePath(controlFolder));
  teardown.add(() => reaper.dismiss());
  const logs = new LogBook(join(folder, 'logs'), options.onLog);
  teardown.add(() => logs.closeAll());
  const dynamodb = await startDynamoDb(options.persist && join(folder, 'dynamodb'), region);
  teardown.add(() => dynamodb.stop());
  const secrets = new SecretStore(options.persist && folder);
  const functions = new Functions();
  const awsEndpoint = await AwsEndpoint.start(secrets, functions);
  teardown.add(() => awsEndpoint.stop());
  teardown.add(() => functions.stop());
  const schedules = new Schedules(options.scheduleMs);
  teardown.add(() => schedules.stop());
  const agent = await AgentEndpoint.start();
  teardown.add(() => agent.stop());

  const { interpose = (_, url) => url } = options;
  const tell = (name: string, detail: string): void => options.onProgress?.({ name, detail });
  const images = new Images({ folder: join(scratch, 'images'), logs, reaper, tell: (detail) => tell('image', detail) });
  teardown.add(() => images.stop());
  const packages = new NpmPackages(join(scratch, 'npm'));
  teardown.add(() => packages.stop());
  const reached = { dynamodb: await interpose('dynamodb', dynamodb.url), aws: await interpose('aws', awsEndpoint.url) };
  const machinery: Machinery = {
    dynamodb,
    secrets,
    functions,
    schedules,
    awsEndpoint,
    folder: scratch,
    targetGroups: new Map(),
    loadBalancers: new Map(),
    listeners: new Map(),
    taskDefinitions: new Map(),
    services: new Map(),
    portFor,
    interpose,
    images,
    packages,
    tell,
    ecs: {
      region,
      account: '000000000000',
      folder: join(scratch, 'tasks'),
      preload: programPath('loopback-preload.cjs'),
      aws: awsEnvironment(reached, region),
      addresses: new AddressBook(),
      ports: new Ports(),
      reaper,
      logs,
      agent,
      secretsFor: (container) => readSecrets(container, secrets),
    },
  };
  teardown.add(() => stopAll([...machinery.listeners.values()]));
  teardown.add(() => stopServices([...machinery.services.values()]));
  return { machinery, controlFolder, folder };
}

/** Gateways first: what they have begun can end only while the servers still run. */
async function stopServices(services: readonly Service[]): Promise<void> {
  const isGateway = ({ settings }: Service): boolean => settings.definition.containers.some(({ role }) => role === 'gateway');
  for (const group of [services.filter(isGateway), services.filter((service) => !isGateway(service))]) {
    await Promise.all(group.map((service) => service.stop(STOP_LIMITS)));
  }
}

async function stopAll(parts: readonly { stop(): Promise<void> }[]): Promise<void> {
  await Promise.all(parts.map((part) => part.stop()));
}

async function healthy(services: readonly Service[]): Promise<void> {
  try {
    await Promise.all(services.map((service) => service.healthy(HEALTHY_WITHIN)));
  } catch (cause) {
    throw new LocalAccountError('NOT_HEALTHY', (cause as Error).message, { cause });
  }
}

function edgeUrl(machinery: Machinery, stack: string, edge: { loadBalancer: string; port: number }): string {
  const balancer = [...machinery.loadBalancers].find(
    ([, candidate]) => candidate.stack === stack && candidate.logicalId === edge.loadBalancer,
  );
  const listener = balancer && machinery.listeners.get(`${balancer[0].replace(':loadbalancer/', ':listener/')}/${edge.port}`);
  if (listener) return `http://127.0.0.1:${listener.port}`;
  throw new LocalAccountError('INVALID_ASSEMBLY', `The edge ${edge.loadBalancer} of ${stack} has no listener on port ${edge.port}.`);
}

function taskCount({ services }: Machinery): number {
  return [...services.values()].reduce((count, { desiredCount }) => count + desiredCount, 0);
}

function phases({ onPhase }: LocalAccountOptions): (name: string, detail: string) => void {
  let last = performance.now();
  return (name, detail) => {
    const now = performance.now();
    onPhase?.({ name, detail, milliseconds: Math.round(now - last) });
    last = now;
  };
}
