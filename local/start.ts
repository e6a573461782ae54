import { join } from 'node:path';
import { RunningAccount } from './account';
import { LocalAccountError } from './account-error';
import { type CloudAssembly, DEFAULT_ACCOUNT, DEFAULT_REGION, readCloudAssembly, rootOf } from './assembly/cloud-assembly';
import { awsApi } from './aws/api';
import { AccountStacks } from './cloudformation/account-stacks';
import { DeployedStacks, type StackChange, StackDeploymentFailed } from './cloudformation/deployed-stacks';
import { KeptStacks } from './cloudformation/kept-stacks';
import { newControlFilePath, readControlFiles, removeControlFile, writeControlFile } from './control/control-file';
import { ControlServer } from './control/control-server';
import { findFleets } from './fleet-facts';
import { Fleets } from './fleets';
import { Issuers } from './identity/issuers';
import type { LocalAccount, LocalAccountOptions, Phase } from './local-account';
import { newRunFolder } from './logs/run-folders';
import type { Plan } from './plan';
import { requireFreePort } from './processes/ports';
import { readGivenSecrets } from './secrets/given-secrets';
import { StandIns } from './stand-ins';
import { keptFolder, startMachinery } from './start-machinery';
import { Teardown } from './teardown';

/**
 * Starts a synthesized cloud assembly on this machine: see {@link LocalAccount} for what then runs.
 * On failure nothing is left running.
 * @throws LocalAccountError that says what is wrong and how to fix it
 */
export async function startLocalAccount(options: LocalAccountOptions): Promise<LocalAccount> {
  const teardown = new Teardown();
  const phases = new Phases(options);
  try {
    return await start(options, phases, teardown);
  } catch (error) {
    // What went wrong first is what the caller can do something about.
    await teardown.run().catch(() => {});
    if (LocalAccountError.is(error)) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`The local account failed ${phases.place()}: ${what}`, { cause: error });
  }
}

async function start(options: LocalAccountOptions, phases: Phases, teardown: Teardown): Promise<LocalAccount> {
  const controlFolder = options.controlFolder ?? process.cwd();
  await requireFreePort(options.port, readControlFiles(controlFolder));
  const assembly = options.assembly === undefined ? NOTHING : readCloudAssembly(options.assembly);
  const standIns = new StandIns(options.standIns);
  standIns.requireKnown((key) => isNamed(assembly, key));
  const { account: id, region } = options.assembly === undefined ? ANYWHERE : findFleets(assembly, options.fleet)[0].stack;
  const given = readGivenSecrets(controlFolder);
  const persist = keptFolder(options, teardown);
  const fleets: Fleets = new Fleets(new Issuers(persist, teardown), () => machinery);
  const stacks = new DeployedStacks({
    machinery: () => machinery,
    standIns,
    given,
    trust: (known, deployment) => fleets.trust(known, deployment),
    serve: (known, deployment) => fleets.serve(known, deployment),
    ...(options.fleet !== undefined && { only: options.fleet }),
  });
  const kept = persist === undefined ? undefined : new KeptStacks(join(persist, 'stacks.json'));
  const before = kept?.load();
  if (before) stacks.remember(before.resources, before.retained);
  const change = { put: assembly.stacks, missing: assembly.missing };
  const { plan } = stacks.judge(change);
  const resources = assembly.stacks.reduce((count, { template }) => count + Object.keys(template.Resources).length, 0);
  if (options.assembly !== undefined) {
    phases.end('assembly', `${assembly.stacks.map(({ name }) => name).join(', ')}: ${resources} resources`);
    phases.end('not run here', notRunText(plan), { notRun: plan.notRun, namesOnly: plan.namesOnly });
  }

  const controlFile = newControlFilePath(controlFolder);
  const machinery = await startMachinery(
    {
      ...options,
      keptIn: persist,
      account: id,
      region,
      given,
      controlFile,
      portFor: (...listener) => fleets.portFor(...listener, options.port),
      doorFor: (...door) => fleets.doorFor(...door, options.port),
      domainOf: (...listener) => fleets.domainOf(...listener),
      logFolder: newRunFolder(controlFolder),
    },
    teardown,
  );
  const { publishing } = machinery;
  const cloudFormation = new AccountStacks({
    deployed: stacks,
    account: id,
    region,
    assetsIn: (text) => publishing.assets.namedIn(text),
    readParameter: (name) => publishing.parameters.find(name)?.value,
    keep: (records) => kept?.save({ records, resources: stacks.resources, retained: stacks.retained }),
    onStatus: (name, status, reason) => options.onProgress?.({ name: 'stack', detail: [name, status, reason].filter(Boolean).join(' ') }),
  });
  machinery.awsEndpoint.serve(awsApi(machinery, cloudFormation));
  const former = await cloudFormation.recall(before?.records ?? []);
  const names = new Set(assembly.stacks.map(({ name }) => name));
  const beside = former.stacks.filter((one) => !names.has(rootOf(one).name));
  const remove = former.applied.filter((name) => !names.has(name));
  await deployFirst(stacks, { ...change, put: [...assembly.stacks, ...beside], remove }, phases);
  cloudFormation.adopt(assembly.stacks, remove);
  cloudFormation.restored();
  const account = new RunningAccount({ stacks, cloudFormation, machinery, fleets, stop: () => teardown.run() });
  const control = await ControlServer.start(account);
  teardown.add(() => control.stop());
  const others = readControlFiles(controlFolder).map(({ pid, baseUrl }) => `; another account runs here: pid ${pid} at ${baseUrl}`);
  const { baseUrl } = account;
  writeControlFile(controlFolder, controlFile, { pid: process.pid, controlUrl: control.url, controlToken: control.token, baseUrl });
  teardown.add(() => removeControlFile(controlFile));
  const urls = account.fleets.map((fleet) => fleet.baseUrl).join(', ') || 'nothing is deployed yet';
  phases.end('ready', `every target is healthy; ${urls}${others.join('')}`);
  return account;
}

const NOTHING: CloudAssembly = { folder: '', stacks: [], missing: [] };
/** Where an account is that no stack says anything of. */
const ANYWHERE = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };

/** There is nothing to go back to: the whole account ends when it fails. */
async function deployFirst(stacks: DeployedStacks, change: StackChange, phases: Phases): Promise<void> {
  const onPhase = (name: string, detail: string): void => phases.end(name, detail);
  await stacks.deploy(change, { onPhase, disableRollback: true }).catch((error: unknown) => {
    throw error instanceof StackDeploymentFailed ? error.cause : error;
  });
}

/** Whether `Stack/LogicalId` or `Stack/LogicalId.Attribute` names something of the assembly. */
function isNamed({ stacks }: CloudAssembly, key: string): boolean {
  return stacks.some(({ name, template }) =>
    [...Object.keys(template.Resources), ...Object.keys(template.Parameters ?? {})].some(
      (id) => key === `${name}/${id}` || key.startsWith(`${name}/${id}.`),
    ),
  );
}

function notRunText({ notRun, namesOnly }: Plan): string {
  const listed = notRun.map(({ type, stack, logicalId }) => `${type} ${stack}/${logicalId}`).join(', ') || 'nothing';
  return `${listed}; ${namesOnly} more have only names here`;
}

/** Tells of each phase as it ends, and knows where a start was when it failed. */
class Phases {
  private last = performance.now();
  private lastName: string | undefined;

  constructor(private readonly options: LocalAccountOptions) {}

  end(name: string, detail: string, more: Partial<Phase> = {}): void {
    const now = performance.now();
    const milliseconds = Math.round(now - this.last);
    this.last = now;
    this.lastName = name;
    this.options.onPhase?.({ name, detail, milliseconds, ...more });
  }

  place(): string {
    return this.lastName === undefined ? 'before its first phase had ended' : `after the phase "${this.lastName}"`;
  }
}
