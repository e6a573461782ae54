import { relative } from 'node:path';
import { AssetStaging, type CfnResource, Duration, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  CHILD_USERS,
  CHILD_USERS_CAPABILITIES,
  GUARDED_PREFIX,
  RUNTIME_PORT,
  SIDECAR_CONFIG_VARIABLE,
  SIDECAR_KEY_VARIABLE,
  type SidecarConfig,
} from '../core/fleet-config';
import { bundleFolder } from './bundles';
import { delayOf, deployWithinOf, drainOf, streamAgeSeconds } from './deregistration';
import type { FleetParts } from './fleet-parts';
import { acknowledge, findingText } from './nag';
import { grantSecret, OWN_SERVICE_ACTIONS, OWN_TASK_ACTIONS } from './perms';
import { keepIdleSeconds } from './scale-to-zero';
import { httpServerImage, npmOrigin, stdioCommand, stdioServerImage } from './server-image';
import { STOP_MARGIN_SECONDS } from './server-problems';
import { type AddServerProps, OnLoss, type TaskSize } from './server-props';
import type { HttpRuntimeProps, StdioRuntimeProps } from './server-runtime';
import { SERVICE_TAG, serviceTagValue } from './server-service';
import { childBounds, SIDECAR_MIB, slotsOf } from './slots';
import { fargateTask, foreignLogs, imagePlatform, logDriver, raiseFileLimit, SIDECAR_CONTAINER, serviceLogs } from './task';
import { memoryMiB } from './task-size';

const SERVER_CONTAINER = 'server';
/** Read by the local account: how a container runs where its image cannot. */
const CONTAINERS_METADATA = 'cdk-mcp-fleet:containers';
/** Context by which `mcp-fleet local --watch` asks where the files of images come from; no deployed template tells it. */
const SOURCES_CONTEXT = 'cdk-mcp-fleet:sources';

interface ServerTask {
  readonly name: string;
  readonly parts: FleetParts;
  readonly props: AddServerProps;
  readonly sidecarKey: secretsmanager.ISecret;
}

/** A task of a server, and where its containers write. */
export interface MadeTask {
  readonly task: ecs.FargateTaskDefinition;
  readonly logGroups: readonly logs.ILogGroup[];
}

/** The task of a server: a sidecar, and the server beside it (HTTP) or under it (stdio). */
export function serverTask(scope: Construct, of: ServerTask): MadeTask {
  const task = fargateTask(scope, of.parts, of.props.taskSize);
  grantOwnPlace(scope, task, of.parts);
  // ECS reads the key on the container's behalf; the key policy of an imported encryption key knows nothing of it.
  grantSecret(task.obtainExecutionRole(), of.sidecarKey, of.parts.key);
  const logGroup = serviceLogs(scope, of.parts, 'logGroup', of.props.logGroup);
  const spec = of.props.runtime._spec;
  if (spec.kind === 'http') {
    const foreign = foreignLogs(scope, of.parts, of.props.serverLogGroup);
    httpContainers(task, of, spec, { sidecar: logGroup, server: foreign });
    return { task, logGroups: [logGroup, foreign] };
  }
  if (spec.kind === 'stdio') stdioContainer(task, of, spec, logGroup);
  return { task, logGroups: [logGroup] };
}

/**
 * Containers of one task share its role: whatever the server may do stands here and in the company's own grants. It may keep tasks of its
 * own service from being scaled in, as its sidecar does, and read how that service is deployed. ECS invents a task's id when it starts,
 * and a service is made after its tasks' role: the tag that the service hands down is what tells them from all others of the cluster
 * (Service Authorization Reference, Amazon ECS: for these actions there are `aws:ResourceTag` and `ecs:cluster`, and no `ecs:service`).
 */
function grantOwnPlace(scope: Construct, task: ecs.FargateTaskDefinition, { cluster }: FleetParts): void {
  const stack = Stack.of(task);
  const conditions = {
    ArnEquals: { 'ecs:cluster': cluster.clusterArn },
    StringEquals: { [`aws:ResourceTag/${SERVICE_TAG}`]: serviceTagValue(scope) },
  };
  const grant = (resource: string, actions: string[]): void => {
    const all = stack.formatArn({ service: 'ecs', resource, resourceName: `${cluster.clusterName}/*` });
    task.addToTaskRolePolicy(new iam.PolicyStatement({ actions, resources: [all], conditions }));
    const why = 'The id is not known yet; a tag that only the own service and its tasks have is a condition of it.';
    acknowledge(task.taskRole, `IAM5[Resource::${findingText(stack.resolve(all))}]`, why);
  };
  grant('task', OWN_TASK_ACTIONS);
  grant('service', OWN_SERVICE_ACTIONS);
}

function httpContainers(
  task: ecs.FargateTaskDefinition,
  of: ServerTask,
  spec: HttpRuntimeProps,
  logGroups: Readonly<Record<'sidecar' | 'server', logs.ILogGroup>>,
): void {
  const server = task.addContainer(SERVER_CONTAINER, {
    image: httpServerImage(task, spec, imagePlatform(of.parts)),
    command: spec.args,
    environment: { ...of.props.environment, PORT: String(spec.port) },
    secrets: serverSecrets(of.props),
    portMappings: [{ containerPort: spec.port }],
    healthCheck: spec.healthCheck,
    memoryLimitMiB: beside(of.props.taskSize),
    linuxParameters: initProcess(task),
    logging: logDriver(logGroups.server, SERVER_CONTAINER),
  });
  raiseFileLimit(server);
  const url = `http://127.0.0.1:${spec.port}${spec.path ?? '/mcp'}`;
  const sidecar = addSidecar(task, of, logGroups.sidecar, {
    image: ecs.ContainerImage.fromAsset(bundleFolder('sidecar'), { platform: imagePlatform(of.parts) }),
    user: 'node',
    readonlyRootFilesystem: true,
    memoryReservationMiB: SIDECAR_MIB,
    ...sidecarEnvironment(of, { kind: 'http', url, ...shownBy(spec) }, guardedSecrets(of.props)),
  });
  // ECS stops containers in reverse order of dependency: the server outlives the sidecar's drain.
  const condition = spec.healthCheck === undefined ? ecs.ContainerDependencyCondition.START : ecs.ContainerDependencyCondition.HEALTHY;
  sidecar.addContainerDependencies({ container: server, condition });
  describeContainer(task, SERVER_CONTAINER, {
    npm: npmOrigin(spec),
    ...localRun(spec),
    ...builtFrom(server, spec.directory ?? stagedFrom(server)),
  });
}

function stdioContainer(task: ecs.FargateTaskDefinition, of: ServerTask, spec: StdioRuntimeProps, logGroup: logs.ILogGroup): void {
  const names = [...Object.keys(of.props.environment ?? {}), ...(of.props.secrets ?? []).map((secret) => secret.name)];
  const { environment, secrets } = sidecarEnvironment(
    of,
    { kind: 'stdio', command: stdioCommand(spec), environment: names, users: CHILD_USERS, bounds: childBounds(spec, of.props.taskSize) },
    serverSecrets(of.props),
  );
  // The file system stays writable: children are programs that we do not know, and many keep a file.
  addSidecar(task, of, logGroup, {
    image: stdioServerImage(task, spec, imagePlatform(of.parts)),
    // Each child runs as a user of its own, and only root may start it so.
    user: 'root',
    linuxParameters: childUsers(initProcess(task)),
    environment: { ...of.props.environment, ...environment },
    secrets,
  });
  const npm = npmOrigin(spec);
  // A command of its own may start anything that the package has.
  const started = npm === undefined || spec.command === undefined ? npm : { package: npm.package, version: npm.version };
  describeContainer(task, SIDECAR_CONTAINER, { npm: started, ...localRun(spec), ...builtFrom(task, spec.directory) });
}

/**
 * What a server's container may use, in MiB: one that leaks is ended by itself, and its sidecar still ends sessions and calls as they
 * should be. Undefined for a memory that only deployment knows.
 */
function beside(size: TaskSize | undefined): number | undefined {
  return size?.memory.isUnresolved() ? undefined : memoryMiB(size) - SIDECAR_MIB;
}

/** An init process where a server's programs run: what a process leaves behind has a parent that reaps it, and signals are passed on. */
function initProcess(task: ecs.FargateTaskDefinition): ecs.LinuxParameters {
  return new ecs.LinuxParameters(task, 'Init', { initProcessEnabled: true });
}

/** What a container has by default (Docker: "Runtime privilege and Linux capabilities"). Fargate lets one drop any of them. */
const DEFAULT_CAPABILITIES = [
  ecs.Capability.AUDIT_WRITE,
  ecs.Capability.CHOWN,
  ecs.Capability.DAC_OVERRIDE,
  ecs.Capability.FOWNER,
  ecs.Capability.FSETID,
  ecs.Capability.KILL,
  ecs.Capability.MKNOD,
  ecs.Capability.NET_BIND_SERVICE,
  ecs.Capability.NET_RAW,
  ecs.Capability.SETFCAP,
  ecs.Capability.SETGID,
  ecs.Capability.SETPCAP,
  ecs.Capability.SETUID,
  ecs.Capability.SYS_CHROOT,
];

/** Leaves the root user what it needs to start children as others, and to end them. */
function childUsers(parameters: ecs.LinuxParameters): ecs.LinuxParameters {
  const kept: readonly string[] = CHILD_USERS_CAPABILITIES;
  parameters.dropCapabilities(...DEFAULT_CAPABILITIES.filter((capability) => !kept.includes(capability)));
  return parameters;
}

function addSidecar(
  task: ecs.FargateTaskDefinition,
  of: ServerTask,
  logGroup: logs.ILogGroup,
  options: Omit<ecs.ContainerDefinitionOptions, 'logging'>,
): ecs.ContainerDefinition {
  const sidecar = task.addContainer(SIDECAR_CONTAINER, {
    ...options,
    portMappings: [{ containerPort: RUNTIME_PORT }],
    stopTimeout: Duration.seconds(drainOf(of.props).toSeconds() + STOP_MARGIN_SECONDS),
    logging: logDriver(logGroup, SIDECAR_CONTAINER),
  });
  raiseFileLimit(sidecar);
  task.defaultContainer = sidecar;
  return sidecar;
}

/** @param guarded the secrets of the server, by the variables in which the sidecar has them */
function sidecarEnvironment(of: ServerTask, runtime: SidecarConfig['runtime'], guarded: Readonly<Record<string, ecs.Secret>>) {
  const idle = keepIdleSeconds(of.props.scaling);
  const config: SidecarConfig = {
    fleet: of.parts.name,
    server: of.name,
    runtime,
    slots: slotsOf(of.props),
    ...(of.props.sessions?.warm !== undefined && { warm: of.props.sessions.warm }),
    drainSeconds: drainOf(of.props).toSeconds(),
    onLoss: of.props.sessions?.onLoss ?? OnLoss.SURFACE,
    deployWithinSeconds: deployWithinOf(of.props).toSeconds(),
    streamAgeSeconds: streamAgeSeconds(delayOf(of.props), of.parts.gatewayDelay),
    ...(idle !== undefined && { keepIdleSeconds: idle }),
    ...(of.parts.targetTls && { targetTls: true }),
    ...(Object.keys(guarded).length > 0 && { secrets: Object.keys(guarded) }),
  };
  return {
    environment: { [SIDECAR_CONFIG_VARIABLE]: Stack.of(of.sidecarKey).toJsonString(config), PORT: String(RUNTIME_PORT) },
    secrets: { ...guarded, [SIDECAR_KEY_VARIABLE]: ecs.Secret.fromSecretsManager(of.sidecarKey) },
  };
}

function serverSecrets({ secrets }: AddServerProps): Record<string, ecs.Secret> {
  return Object.fromEntries((secrets ?? []).map((secret) => [secret.name, secret._secret]));
}

/** The header that is to pass to the server. */
function shownBy({ credential }: HttpRuntimeProps): { readonly credentialHeader?: string } {
  return credential === undefined ? {} : { credentialHeader: credential._header };
}

/** The same for the sidecar beside it, which lets none of them leave the task. */
function guardedSecrets({ secrets }: AddServerProps): Record<string, ecs.Secret> {
  return Object.fromEntries((secrets ?? []).map((secret) => [`${GUARDED_PREFIX}${secret.name}`, secret._secret]));
}

/** How a server runs on a developer's machine; its folder as the app sees it, for the template must not know of the machine. */
function localRun({ localCommand, directory }: HttpRuntimeProps | StdioRuntimeProps): LocalRun {
  if (localCommand === undefined) return {};
  return { command: localCommand, ...(directory !== undefined && { directory: relative('', directory) || '.' }) };
}

/** The folder that a server's image is built from, where somebody wants to watch it. */
function builtFrom(scope: Construct, folder: string | undefined): LocalRun {
  const isAsked = scope.node.tryGetContext(SOURCES_CONTEXT) !== undefined;
  return folder === undefined || !isAsked ? {} : { builtFrom: relative('', folder) || '.' };
}

/** Where an image that CDK builds from a folder was taken from (`ContainerImage.fromAsset`). */
function stagedFrom(container: ecs.ContainerDefinition): string | undefined {
  return container.node.findAll().find((child) => child instanceof AssetStaging)?.sourcePath;
}

interface LocalRun {
  readonly command?: string[];
  readonly directory?: string;
  readonly builtFrom?: string;
}

function describeContainer(
  task: ecs.FargateTaskDefinition,
  container: string,
  { npm, ...local }: LocalRun & { readonly npm?: object },
): void {
  if (npm === undefined && Object.keys(local).length === 0) return;
  const resource = task.node.defaultChild as CfnResource;
  resource.addMetadata(CONTAINERS_METADATA, { [container]: { ...(npm && { npm }), ...local } });
}
