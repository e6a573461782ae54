import type { HealthAnswer } from '../alb/health-check';
import { commandInImage } from '../images/image';
import type { Log } from '../logs/log-book';
import { type Exit, exitText, type Program, startProgram } from '../processes/program';
import { rewriteTaskPorts } from './addresses';
import { containerEnvironment, type EnvironmentPlace } from './container-environment';
import { ContainerHealth } from './container-health';
import { executableOf } from './container-program';
import type { EcsMachine } from './machine';
import type { ContainerDefinition } from './task-definition';

/** What a container gets from its task. */
export interface ContainerPlace extends EnvironmentPlace {
  /** `Stack/LogicalId` of the service whose task it is in; absent for one of no template. */
  readonly service?: string;
  readonly log: Log;
}

/** ECS's default stop timeout, in seconds. */
const DEFAULT_STOP_TIMEOUT = 30;

/** One container of one task, as a process. */
export class Container {
  readonly health: ContainerHealth;
  private program: Program | undefined;
  private cancelled = false;
  private demanded = false;
  private settleStart: () => void = () => {};
  private settleExit: (exit: Exit) => void = () => {};
  readonly started = new Promise<void>((done) => {
    this.settleStart = done;
  });
  /** Resolves when its process has ended, or will never start. */
  readonly exited = new Promise<Exit>((done) => {
    this.settleExit = done;
  });

  constructor(
    readonly definition: ContainerDefinition,
    private readonly place: ContainerPlace,
    private readonly machine: EcsMachine,
  ) {
    this.health = new ContainerHealth(definition.properties.HealthCheck, (argv, timeout) => this.execute(argv, timeout));
  }

  get name(): string {
    return this.definition.properties.Name;
  }

  get essential(): boolean {
    return this.definition.properties.Essential ?? true;
  }

  get pid(): number | undefined {
    return this.program?.running ? this.program.pid : undefined;
  }

  /** Whether its end was asked for. */
  get endsOnDemand(): boolean {
    return this.cancelled || this.demanded;
  }

  get log(): Log {
    return this.place.log;
  }

  /** Local port of the first port that it declares. */
  get port(): number | undefined {
    const declared = this.definition.properties.PortMappings?.[0]?.ContainerPort;
    return declared === undefined ? undefined : this.place.ports.get(Number(declared));
  }

  /** @throws Error when its command cannot be started, a secret of it does not exist, or its network lets ECS prepare nothing */
  async start(): Promise<void> {
    if (this.cancelled) return;
    const refusal = this.place.service === undefined ? undefined : this.machine.links.refusalToStart(this.place.service);
    if (refusal !== undefined) throw new Error(refusal);
    const program = await this.spawn(this.definition.program.argv, this.place.log);
    this.program = program;
    this.health.start();
    this.settleStart();
    void program.exited.then((exit) => {
      this.health.stop();
      this.settleExit(exit);
    });
    // Cancelled while the process was being made.
    if (this.cancelled) program.signal('SIGKILL');
  }

  /**
   * SIGTERM, and SIGKILL after the container's stop timeout.
   * @param limitMs a shorter timeout, as when the whole account stops
   */
  async stop(limitMs: number): Promise<void> {
    this.cancelled = true;
    this.health.stop();
    const { program } = this;
    if (!program) return this.settleExit({ code: null, signal: null });
    const timeout = Number(this.definition.properties.StopTimeout ?? DEFAULT_STOP_TIMEOUT) * 1000;
    program.signal('SIGTERM');
    const timer = setTimeout(() => program.signal('SIGKILL'), Math.min(timeout, limitMs));
    await program.exited;
    clearTimeout(timer);
  }

  /** SIGKILL on somebody's demand: its end is no surprise. */
  kill(): void {
    this.signal('SIGKILL');
  }

  /** What it comes to was asked for. @returns whether there was a process to hear it */
  signal(name: NodeJS.Signals): boolean {
    this.demanded ||= name !== 'SIGSTOP' && name !== 'SIGCONT';
    const hears = this.pid !== undefined;
    this.program?.signal(name);
    return hears;
  }

  private spawn(argv: readonly string[], log: Log): Promise<Program> {
    const { program } = this.definition;
    const located = program.root === undefined ? argv : commandInImage(program.root, argv);
    const [command = '', ...args] = located.map((word) => this.machine.addresses.rewriteHosts(word));
    const { service } = this.place;
    const told = containerEnvironment(this.definition, this.place, this.machine);
    const environment = service === undefined ? told : this.machine.links.seenBy(service, told);
    const executable = executableOf(command, environment.PATH as string, program.cwd);
    return startProgram({ argv: [executable, ...args], cwd: program.cwd, env: environment, log, reaper: this.machine.reaper });
  }

  /** Runs a command inside the container. It is good when it exits with 0 in time. */
  private async execute(argv: readonly string[], timeoutMs: number): Promise<HealthAnswer> {
    const silent: Log = { ...this.log, follow: (stream) => void stream.resume(), close: () => {} };
    try {
      // It asks the container itself, at the port that this has here.
      const program = await this.spawn(
        argv.map((word) => rewriteTaskPorts(word, this.place.ports)),
        silent,
      );
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        program.signal('SIGKILL');
      }, timeoutMs);
      const exit = await program.exited;
      clearTimeout(timer);
      return {
        good: exit.code === 0,
        said: late ? `its command did not end within ${timeoutMs / 1000} s` : `its command ${exitText(exit)}`,
      };
    } catch (error) {
      return { good: false, said: `its command could not be started: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
}
