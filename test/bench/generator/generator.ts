import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { CountedJob, Job, JobAnswer, OpenJob, Sample, SampleJob } from './job';

/** The load generator, a process of its own. */
export class Generator {
  private readonly child: ChildProcess;

  /** @param program its bundle */
  constructor(program: string) {
    this.child = fork(program, { detached: true, execArgv: [], serialization: 'advanced' });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async open(job: Omit<OpenJob, 'kind'>): Promise<void> {
    await this.perform({ kind: 'open', ...job });
  }

  /** Closes all sessions but so many. */
  async close(job: Omit<OpenJob, 'kind'>): Promise<void> {
    await this.perform({ kind: 'close', ...job });
  }

  /** @throws Error with the first answer that begins no stream */
  async listen(job: Omit<OpenJob, 'kind'>): Promise<void> {
    await this.perform({ kind: 'listen', ...job });
  }

  async listenNoMore(job: Omit<OpenJob, 'kind'>): Promise<void> {
    await this.perform({ kind: 'listen no more', ...job });
  }

  /** @throws Error with the first answer that was wrong */
  async makeCalls(job: Omit<CountedJob, 'kind'>): Promise<void> {
    await this.perform({ kind: 'counted', ...job });
  }

  async sample(job: Omit<SampleJob, 'kind'>): Promise<Sample> {
    return (await this.perform({ kind: 'sample', ...job })) as Sample;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  private perform(job: Job): Promise<Sample | undefined> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the load generator has ended'));
      this.child.once('exit', ended);
      this.child.once('message', (answer: JobAnswer) => {
        this.child.off('exit', ended);
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.sample);
      });
      this.child.send(job);
    });
  }
}
