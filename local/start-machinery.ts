import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Publishing } from './aws/publishing';
import { AwsEndpoint } from './aws-endpoint';
import { startDynamoDb } from './dynamodb/embedded-dynamodb';
import { StreamsClient } from './dynamodb/streams-client';
import { AddressBook } from './ecs/addresses';
import { AgentEndpoint } from './ecs/agent-endpoint';
import { NpmPackages } from './ecs/npm-package';
import type { Service } from './ecs/service';
import { StartTurns } from './ecs/start-turns';
import { TaskDefinitions } from './ecs/task-definitions';
import { CutLinks } from './faults/cut-links';
import { EndpointFaults } from './faults/endpoint-faults';
import { MetRules } from './faults/request-rules';
import { Iam } from './iam/iam';
import { Images } from './images/images';
import { EventSources } from './lambda/event-sources';
import { Functions } from './lambda/lambda-api';
import { Schedules } from './lambda/schedules';
import type { LocalAccountOptions } from './local-account';
import { LogBook } from './logs/log-book';
import type { Machinery } from './machinery';
import { Links } from './network/links';
import { lockFolder } from './persist-lock';
import { endpointEnvironment } from './processes/credentials';
import { Ports } from './processes/ports';
import { startReaper } from './processes/reaper';
import { programPath } from './programs';
import { AutoScaling } from './scaling/auto-scaling';
import { healthCounts } from './scaling/balancer-metrics';
import { readSecrets } from './secrets/container-secrets';
import type { GivenSecrets } from './secrets/given-secrets';
import { SecretStore } from './secrets/secret-store';
import type { Teardown } from './teardown';
import { Certificates } from './tls/certificates';

/** The whole account stops faster than a service of it would: nobody waits two minutes after Ctrl-C. */
const STOP_LIMITS = { drainMs: 500, stopMs: 5000 };

export interface MachineryOptions extends LocalAccountOptions {
  /** Folder of kept state. */
  readonly keptIn: string | undefined;
  readonly account: string;
  readonly region: string;
  readonly given: GivenSecrets;
  /** What must not outlive the account. */
  readonly controlFile: string;
  readonly portFor: Machinery['portFor'];
  readonly doorFor: Machinery['doorFor'];
  readonly domainOf: Machinery['domainOf'];
  readonly logFolder: string;
}

/** The folder of state that outlives the run, for this account alone; undefined where nothing does. */
export function keptFolder({ persist }: Pick<LocalAccountOptions, 'persist'>, teardown: Teardown): string | undefined {
  if (persist === undefined) return undefined;
  const folder = resolve(persist);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  teardown.add(lockFolder(folder));
  return folder;
}

/** Starts everything that resources are put into; each part is stopped in reverse order. */
export async function startMachinery(options: MachineryOptions, teardown: Teardown): Promise<Machinery> {
  const { keptIn: persist, region, given, portFor, doorFor, domainOf } = options;
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-fleet-'));
  // Run by root, servers may run as other users, who have to get at their files below; nobody is told what there is.
  if (process.getuid?.() === 0) chmodSync(scratch, 0o711);
  teardown.add(() => rmSync(scratch, { recursive: true, force: true }));

  const reaper = startReaper(scratch, options.controlFile);
  teardown.add(() => reaper.dismiss());
  const scaling = new AutoScaling(options.scalingSpeed ?? 1, (event) => options.onScalingEvent?.(event));
  const logs = new LogBook(options.logFolder, {
    ...(options.onLog && { onLog: options.onLog }),
    onDatapoints: (points) => scaling.take(points),
  });
  teardown.add(() => logs.closeAll());
  const tell = (name: string, detail: string): void => options.onProgress?.({ name, detail });
  const iam = new Iam({ region, account: options.account, tell: (what) => tell('refused', what) });
  const dynamodb = await startDynamoDb(persist && join(persist, 'dynamodb'), region, iam);
  teardown.add(() => dynamodb.stop());
  const secrets = new SecretStore(persist, given);
  const functions = new Functions(iam);
  const met = new MetRules();
  dynamodb.onMet(met.count);
  const endpointFaults = new EndpointFaults(met.count);
  const awsEndpoint = await AwsEndpoint.start(secrets, functions, endpointFaults, iam);
  teardown.add(() => awsEndpoint.stop());
  teardown.add(() => functions.stop());
  const schedules = new Schedules(options.scheduleMs);
  teardown.add(() => schedules.stop());
  const read = persist && join(persist, 'event-sources.json');
  const eventSources = new EventSources(new StreamsClient(dynamodb.url), dynamodb.trimStream, read);
  teardown.add(() => eventSources.stop());
  const agent = await AgentEndpoint.start();
  teardown.add(() => agent.stop());

  const publishing = new Publishing({ account: options.account, region, folder: join(persist ?? scratch, 'deployment') });

  const { interpose = (_, url) => url } = options;
  const images = new Images({ folder: join(scratch, 'images'), logs, reaper, tell: (detail) => tell('image', detail) });
  teardown.add(() => images.stop());
  const packages = new NpmPackages(join(scratch, 'npm'));
  teardown.add(() => packages.stop());
  const reached = { dynamodb: await interpose('dynamodb', dynamodb.door), aws: await interpose('aws', awsEndpoint.url) };
  const certificates = options.tls ? await issued(join(scratch, 'authority.pem')) : Certificates.plain();
  const links = new Links((text) => tell('network', text));
  teardown.add(() => links.stop());
  const machinery: Machinery = {
    iam,
    dynamodb,
    secrets,
    functions,
    schedules,
    eventSources,
    awsEndpoint,
    endpointFaults,
    met,
    cuts: new CutLinks(),
    certificates,
    publishing,
    folder: scratch,
    targetGroups: new Map(),
    loadBalancers: new Map(),
    listeners: new Map(),
    apis: new Map(),
    stages: new Map(),
    taskDefinitions: new TaskDefinitions(),
    services: new Map(),
    scaling,
    portFor,
    doorFor,
    domainOf,
    interpose,
    images,
    packages,
    tell,
    ecs: {
      region,
      account: options.account,
      folder: join(scratch, 'tasks'),
      preload: programPath('loopback-preload.cjs'),
      aws: {
        ...endpointEnvironment(reached, region),
        ...(certificates.authorityFile !== undefined && { NODE_EXTRA_CA_CERTS: certificates.authorityFile }),
      },
      iam,
      addresses: new AddressBook(),
      links,
      ports: new Ports(),
      reaper,
      logs,
      agent,
      startTurns: new StartTurns(),
      lostZones: new Set(),
      metricsIntervalMs: scaling.intervalMs,
      ...(options.replaceWithin && { replaceWithin: options.replaceWithin }),
      tell: (event) => options.onServiceEvent?.(event),
      secretsFor: (container) => readSecrets(container, secrets),
      secretArn: (id) => secrets.find(id)?.arn ?? id,
    },
  };
  teardown.add(() => stopAll([...machinery.listeners.values(), ...machinery.stages.values()]));
  teardown.add(() => stopServices([...machinery.services.values()]));
  const counted = setInterval(() => {
    scaling.take(healthCounts(machinery.listeners, (arn) => machinery.targetGroups.get(arn), Date.now()));
    scaling.take(certificates.daysToExpiry());
  }, scaling.intervalMs);
  teardown.add(() => clearInterval(counted));
  scaling.start();
  teardown.add(() => scaling.stop());
  return machinery;
}

/** What makes certificates is read only where somebody wants them. */
async function issued(file: string): Promise<Certificates> {
  const { Authority } = await import('./tls/authority');
  return Certificates.issuedBy(await Authority.make(Date.now()), file);
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
