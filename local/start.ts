import { RunningAccount } from './account';
import { LocalAccountError, unsupported } from './account-error';
import { type CloudAssembly, readCloudAssembly } from './assembly/cloud-assembly';
import { newControlFilePath, readControlFiles, removeControlFile, writeControlFile } from './control/control-file';
import { ControlServer } from './control/control-server';
import type { Service } from './ecs/service';
import { type FleetDescription, findFleets, resolveFact } from './fleet-facts';
import { startIssuers } from './identity/issuers';
import type { LocalAccount, LocalAccountOptions, Phase } from './local-account';
import { writeAgentNames } from './logs/agent-names';
import { newRunFolder } from './logs/run-folders';
import type { Machinery } from './machinery';
import { requireContext } from './missing-context';
import { type Plan, planOf } from './plan';
import { requireFreePort } from './processes/ports';
import { Provisioning } from './provisioning';
import { edgePorts, runningFleet } from './running-fleet';
import { readGivenSecrets } from './secrets/given-secrets';
import { importedSecretProblems } from './secrets/imported-secrets';
import { SecretStore } from './secrets/secret-store';
import { StandIns } from './stand-ins';
import { startMachinery } from './start-machinery';
import { Teardown } from './teardown';

/** A service that is not healthy after this many milliseconds fails the start. */
const HEALTHY_WITHIN = 60_000;

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
  const assembly = readCloudAssembly(options.assembly);
  const standIns = new StandIns(options.standIns);
  standIns.requireKnown((key) => isNamed(assembly, key));
  const fleets = findFleets(assembly, options.fleet);
  const given = readGivenSecrets(controlFolder);
  const plan = planAll(fleets, assembly, standIns, given);
  const resources = assembly.stacks.reduce((count, { template }) => count + Object.keys(template.Resources).length, 0);
  phases.end('assembly', `${assembly.stacks.map(({ name }) => name).join(', ')}: ${resources} resources`);
  phases.end('not run here', notRunText(plan), { notRun: plan.notRun, namesOnly: plan.namesOnly });

  const controlFile = newControlFilePath(controlFolder);
  const { machinery, persist } = await startMachinery(
    {
      ...options,
      region: fleets[0].stack.region,
      given,
      controlFile,
      portFor: edgePorts(fleets, options.port),
      logFolder: newRunFolder(controlFolder),
    },
    teardown,
  );
  const provisioning = new Provisioning(assembly, standIns, plan, () => machinery);
  phases.end('tables', `${await provisioning.create('tables')} at ${machinery.dynamodb.url}`);
  phases.end('secrets', await provisioning.create('secrets'));

  const trusted = await Promise.all(fleets.map((fleet) => trustOf(fleet, provisioning)));
  const issuers = await startIssuers(trusted, persist, teardown);
  // The longest first, for one issuer may begin with another.
  for (const [name, { url }] of [...issuers].sort(([a], [b]) => b.length - a.length)) machinery.ecs.addresses.addText(name, url);
  const stands = [...issuers].map(([name, { url }]) => `${url} stands for ${name}`).join(', ');
  phases.end('identity', `${trusted.reduce((count, { subjects }) => count + subjects.length, 0)} agents; ${stands}`);

  phases.end('functions', await provisioning.create('functions'));
  phases.end('load balancers', await provisioning.create('load balancers'));
  phases.end('services', `${await provisioning.create('services')}: ${taskCount(machinery)} tasks`);

  const running = await Promise.all(
    fleets.map(async (fleet, i) => {
      const issuer = issuers.get(trusted[i]?.issuer ?? '');
      if (!issuer) throw new Error(`The fleet ${fleet.name} has no issuer.`);
      return await runningFleet(fleet, issuer, provisioning, machinery);
    }),
  );
  const [first, ...others] = running;
  if (!first) throw new Error('No fleet was started.');
  const account = new RunningAccount({ assembly, provisioning, machinery, fleets: [first, ...others], stop: () => teardown.run() });
  writeAgentNames(account.logFolder, running);
  await healthy([...machinery.services.values()]);
  const control = await ControlServer.start(account);
  teardown.add(() => control.stop());
  const beside = readControlFiles(controlFolder).map(({ pid, baseUrl }) => `; another account runs here: pid ${pid} at ${baseUrl}`);
  const { baseUrl } = account;
  writeControlFile(controlFolder, controlFile, { pid: process.pid, controlUrl: control.url, controlToken: control.token, baseUrl });
  teardown.add(() => removeControlFile(controlFile));
  phases.end('ready', `every target is healthy; ${running.map((fleet) => fleet.baseUrl).join(', ')}${beside.join('')}`);
  return account;
}

/** What runs. Everything that stands in the way is known before anything is started. */
function planAll(
  fleets: readonly FleetDescription[],
  assembly: CloudAssembly,
  standIns: StandIns,
  given: Readonly<Record<string, string>>,
): Plan {
  const world = { assembly, standIns, names: () => undefined };
  const plan = planOf(fleets, world);
  requireContext(plan, assembly);
  const withoutValue = importedSecretProblems(plan, world, new SecretStore(undefined, given));
  if (withoutValue.length > 0) throw unsupported(withoutValue);
  return plan;
}

async function trustOf(fleet: FleetDescription, provisioning: Provisioning) {
  const agents = await resolveFact(fleet, 'agents', provisioning);
  return { issuer: await resolveFact(fleet, 'issuer', provisioning), subjects: Object.values(agents).map(({ subject }) => subject) };
}

async function healthy(services: readonly Service[]): Promise<void> {
  try {
    await Promise.all(services.map((service) => service.healthy(HEALTHY_WITHIN)));
  } catch (cause) {
    throw new LocalAccountError('NOT_HEALTHY', (cause as Error).message, { cause });
  }
}

function taskCount({ services }: Machinery): number {
  return [...services.values()].reduce((count, { desiredCount }) => count + desiredCount, 0);
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
