import { setTimeout as delay } from 'node:timers/promises';
import type { Job, JobAnswer, Sample, SampleJob } from './job';
import { Load } from './load';
import { CallRequest } from './request';
import { type Session, Sessions } from './sessions';
import { type Usage, usageOf } from './usage';

/** The load generator: does the jobs that its parent sends, one after the other. */
const targets = new Map<number, Sessions>();

process.on('message', (job: Job) => {
  const answer = (said: JobAnswer) => process.send?.(said);
  perform(job).then(answer, (error: Error) => answer({ error: error.message }));
});
process.once('disconnect', () => process.exit(0));

async function perform(job: Job): Promise<JobAnswer> {
  const sessions = targets.get(job.port) ?? new Sessions(`http://127.0.0.1:${job.port}`);
  targets.set(job.port, sessions);
  await sessions.open(job.sessions, job.headers);
  return job.kind === 'open' ? {} : { sample: await sample(job, sessions.all.slice(0, job.sessions)) };
}

async function sample(job: SampleJob, sessions: readonly Session[]): Promise<Sample> {
  const { headers, knownAs, call } = job;
  const requests = sessions.map(({ id, name }, index) => {
    return new CallRequest({ id, name: knownAs ?? name }, headers[index % headers.length] ?? {}, call);
  });
  const load = await Load.begin(job.port, job.connections, requests, job.perSecond);
  await delay(job.warmMs);
  const [before, beganAt] = [job.pids.map(usageOf), performance.now()];
  load.forget();
  await delay(job.sampleMs);
  const seconds = (performance.now() - beganAt) / 1000;
  const usage = job.pids.map((pid, index) => [pid, since(before[index] as Usage, usageOf(pid))]);
  const sorted = load.latencies.sort((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 1000);
  load.forget();
  await load.stop();
  return {
    calls: sorted.length,
    allCalls: load.right,
    seconds,
    p50: at(0.5),
    p99: at(0.99),
    wrong: load.wrong,
    ...(load.firstWrong !== undefined && { firstWrong: load.firstWrong }),
    usage: Object.fromEntries(usage),
  };
}

function since(before: Usage, after: Usage): Usage {
  return { cpu: after.cpu - before.cpu, kib: after.kib };
}
