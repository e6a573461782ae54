import type { HealthAnswer } from '../alb/health-check';
import type { HealthCheckProperties } from './task-definition';

export type ContainerHealthStatus = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

/** Defaults of ECS, in seconds and tries (HealthCheck). */
const INTERVAL = 30;
const TIMEOUT = 5;
const RETRIES = 3;
/** Until the first good answer the command runs this often, in milliseconds, while another container waits for it. */
const IMPATIENT_INTERVAL = 500;

/** Runs a container's health check command while the container runs. */
export class ContainerHealth {
  status: ContainerHealthStatus = 'UNKNOWN';
  /** What the command came to when it last ran. */
  lastAnswer: HealthAnswer | undefined;
  private impatient = false;
  private running = false;
  private failures = 0;
  private startedAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly listeners: ((status: ContainerHealthStatus) => void)[] = [];

  constructor(
    private readonly settings: HealthCheckProperties | undefined,
    private readonly execute: (argv: readonly string[], timeoutMs: number) => Promise<HealthAnswer>,
  ) {}

  /** Whether the task definition has a command at all. */
  get checked(): boolean {
    return this.settings !== undefined && this.settings.Command[0] !== 'NONE';
  }

  start(): void {
    if (!this.checked) return;
    this.running = true;
    this.startedAt = Date.now();
    this.plan();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  onChange(listener: (status: ContainerHealthStatus) => void): void {
    this.listeners.push(listener);
  }

  /** Asks at short intervals until it is healthy, because another container waits for that. */
  hurry(): void {
    this.impatient = true;
    if (this.running && this.status === 'UNKNOWN') this.plan();
  }

  private plan(): void {
    clearTimeout(this.timer);
    const soon = this.impatient && this.status === 'UNKNOWN';
    this.timer = setTimeout(() => void this.check(), soon ? IMPATIENT_INTERVAL : Number(this.settings?.Interval ?? INTERVAL) * 1000);
    this.timer.unref();
  }

  private async check(): Promise<void> {
    const { Command = [], Timeout, Retries, StartPeriod } = this.settings ?? {};
    const argv = Command[0] === 'CMD-SHELL' ? ['/bin/sh', '-c', Command.slice(1).join(' ')] : Command.slice(Command[0] === 'CMD' ? 1 : 0);
    const answer = await this.execute(argv, Number(Timeout ?? TIMEOUT) * 1000);
    if (!this.running) return;
    this.lastAnswer = answer;
    const { good } = answer;
    const starting = this.status === 'UNKNOWN' && (this.impatient || Date.now() - this.startedAt < Number(StartPeriod ?? 0) * 1000);
    if (good || !starting) this.failures = good ? 0 : this.failures + 1;
    if (good) this.become('HEALTHY');
    else if (this.failures >= Number(Retries ?? RETRIES)) this.become('UNHEALTHY');
    this.plan();
  }

  private become(status: ContainerHealthStatus): void {
    if (this.status === status) return;
    this.status = status;
    for (const listener of this.listeners) listener(status);
  }
}
