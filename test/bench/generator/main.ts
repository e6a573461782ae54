import { setTimeout as delay } from 'node:timers/promises';
import { IdleStreams } from './idle-streams';
import type { CountedJob, Job, JobAnswer, ListenJob, Sample, SampleJob } from './job';
import { Load } from './load';
import { CallRequest } from './request';
import { type Session, Sessions } from './sessions';
import { Others, type Usage, usageOf } from './usage';

/** The load generator: does the jobs that its parent sends, one after the other. */
const targets = new Map<string, Sessions>();
const streams = new Map<number, IdleStreams>();

process.on('message', (job: Job) => {
  const answer = (said: JobAnswer) => process.send?.(said);
  perform(job).then(answer, (error: Error) => answer({ error: `${job.name}: ${error.message}` }));
});
process.once('disconnect', () => process.exit(0));

async function perform(job: Job): Promise<JobAnswer> {
  const known = `${job.port}: ${job.crowd}`;
  const sessions = targets.get(known) ?? new Sessions(`http://127.0.0.1:${job.port}`, job.servers);
  targets.set(known, sessions);
  if (job.kind === 'close') await sessions.close(job.sessions, job.headers);
  await sessions.open(job.sessions, job.headers);
  const own = sessions.all.slice(0, job.sessions);
  if (job.kind === 'sample') return { sample: await sample(job, own) };
  if (job.kind === 'counted') await makeCalls(job, own);
  if (job.kind === 'listen') await listen(job, own);
  if (job.kind === 'listen no more') streams.get(job.port)?.close();
  return {};
}

async function listen({ port, headers }: ListenJob, sessions: readonly Session[]): Promise<void> {
  const opened = new IdleStreams(port);
  streams.set(port, opened);
  await opened.open(sessions, headers);
}

/** @throws Error with the first answer that was wrong */
async function makeCalls(job: CountedJob, sessions: readonly Session[]): Promise<void> {
  const load = await Load.begin(job.port, 1, requestsOf(job, sessions), { calls: job.calls });
  await load.done();
  if (load.wrong > 0) throw new Error(`${load.wrong} wrong answers, the first: ${load.firstWrong}`);
}

function requestsOf({ headers, knownAs, call }: CountedJob | SampleJob, sessions: readonly Session[]): CallRequest[] {
  return sessions.map((session, index) => {
    return new CallRequest({ ...session, name: knownAs ?? session.name }, headers[index % headers.length] ?? {}, call);
  });
}

async function sample(job: SampleJob, sessions: readonly Session[]): Promise<Sample> {
  const pace = job.perSecond === undefined ? {} : { perSecond: job.perSecond };
  const load = await Load.begin(job.port, job.connections, requestsOf(job, sessions), pace);
  await delay(job.warmMs);
  const others = new Others(process.ppid);
  const [before, beganAt] = [job.pids.map(usageOf), performance.now()];
  load.forget();
  await delay(job.sampleMs);
  const seconds = (performance.now() - beganAt) / 1000;
  const usage = job.pids.map((pid, index) => [pid, since(before[index] as Usage, usageOf(pid))]);
  const othersShare = others.share();
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
    others: othersShare,
    usage: Object.fromEntries(usage),
  };
}

function since(before: Usage, after: Usage): Usage {
  return { cpu: after.cpu - before.cpu, kib: after.kib };
}
