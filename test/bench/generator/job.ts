import type { CallKind } from './request';
import type { Usage } from './usage';

/** What the load generator is asked, by one message each. */
export type Job = OpenJob | CloseJob | ListenJob | CountedJob | SampleJob;

interface AtTarget {
  /** For what goes wrong there. */
  readonly name: string;
  readonly port: number;
  /** Sessions of one crowd are kept apart from those of others. */
  readonly crowd: string;
  /** That its sessions are spread over. */
  readonly servers: number;
  /** By the number of the session, in turn. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** Sessions of the target; more are opened where there are fewer. */
  readonly sessions: number;
  /** The name by which the server knows them all, where they are not kept apart. */
  readonly knownAs?: string;
}

/** Opens sessions until there are so many. */
export interface OpenJob extends AtTarget {
  readonly kind: 'open';
}

/** Closes all sessions but so many. */
export interface CloseJob extends AtTarget {
  readonly kind: 'close';
}

/** Opens a stream for every session, or closes those that are open. */
export interface ListenJob extends AtTarget {
  readonly kind: 'listen' | 'listen no more';
}

/** Makes so many calls, one after the other. */
export interface CountedJob extends AtTarget {
  readonly kind: 'counted';
  readonly call: CallKind;
  readonly calls: number;
}

/** Warms, then samples, in one load. */
export interface SampleJob extends AtTarget {
  readonly kind: 'sample';
  readonly connections: number;
  readonly call: CallKind;
  /** Calls by the clock; absent for as many as the connections carry. */
  readonly perSecond?: number;
  readonly warmMs: number;
  readonly sampleMs: number;
  /** Processes whose use of the machine is told. */
  readonly pids: readonly number[];
}

/** What a sample has shown. */
export interface Sample {
  /** Answered rightly while it was taken. */
  readonly calls: number;
  /** Answered rightly since the warming began, until the last one. */
  readonly allCalls: number;
  readonly seconds: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly wrong: number;
  readonly firstWrong?: string;
  /** Share of all cores that was taken by what is not of the bench. */
  readonly others: number;
  /** Since the sample began, by process: CPU seconds; memory is what stands at its end. */
  readonly usage: Readonly<Record<number, Usage>>;
}

/** What it answers to any but a sample is nothing. */
export type JobAnswer = { readonly sample?: Sample } | { readonly error: string };
