import { createWriteStream, mkdirSync, openSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Datapoint, LogLine, Role } from '../local-account';
import { datapointsOf } from './emf';
import { RUN_FILE } from './run-folders';

/** Who writes a log. */
export interface Writer {
  readonly role: Role;
  readonly server?: string;
  /** What stamps the datapoints: ECS task id or function name. */
  readonly source: string;
  /** What people read: the short id. */
  readonly shortSource: string;
  /** Whether it writes where CloudWatch looks for no metrics. */
  readonly metricless?: boolean;
}

export interface Log {
  readonly path: string;
  /** Takes every line of a stream until it ends. */
  follow(stream: Readable): void;
  /** The last lines that are for people, each cut to some length, for a message. */
  tail(): string[];
  close(): void;
}

/** How long datapoints are kept, in milliseconds. */
const DATAPOINT_AGE = 15 * 60_000;
/** A bound on memory where something writes metrics without end. */
const MAX_DATAPOINTS = 200_000;
const TAIL_LINES = 20;
const TAIL_LINE_LENGTH = 1000;
/** A line longer than this is cut into several; CloudWatch Logs takes events up to 1 MB (quota "Log event size"). */
const MAX_LINE = 1_000_000;

/** The account's CloudWatch: one log file per process, all their lines in one more, and the metrics of the EMF lines in them. */
export class LogBook {
  private readonly points: Datapoint[] = [];
  private readonly streams = new Map<string, WriteStream>();
  private readonly paths: string[] = [];
  private readonly run: WriteStream;

  /** @param folder for this run alone */
  constructor(
    readonly folder: string,
    private readonly told: {
      readonly onLog?: (line: LogLine) => void;
      readonly onDatapoints?: (points: readonly Datapoint[]) => void;
    } = {},
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.run = this.write(join(folder, RUN_FILE));
  }

  /** Opens the log of one process. */
  open(name: string, writer: Writer): Log {
    const path = join(this.folder, `${name.replaceAll(/[^\w.-]/g, '_')}.log`);
    if (!this.streams.has(path)) this.paths.push(path);
    const file = this.streams.get(path) ?? this.write(path);
    const from = { role: writer.role, ...(writer.server && { server: writer.server }), source: writer.shortSource };
    const last: string[] = [];
    const take = (text: string): void => {
      file.write(`${text}\n`);
      const points = writer.metricless ? [] : datapointsOf(text, writer.source);
      this.keep(points);
      if (points.length === 0) last.push(text.slice(0, TAIL_LINE_LENGTH));
      if (last.length > TAIL_LINES) last.shift();
      this.run.write(`${JSON.stringify({ time: new Date().toISOString(), ...from, text })}\n`);
      this.told.onLog?.({ ...from, text });
    };
    return { path, follow: (stream) => splitLines(stream, take), tail: () => [...last], close: () => this.close(path) };
  }

  files(): readonly string[] {
    return [...this.paths];
  }

  datapoints(): readonly Datapoint[] {
    return [...this.points];
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.streams.values()].map((file) => new Promise<void>((done) => file.end(() => done()))));
    this.streams.clear();
  }

  private write(path: string): WriteStream {
    const file = createWriteStream(path, { fd: openSync(path, 'a') });
    // A log that cannot be written must not end the account; the lines still reach whoever is told.
    file.on('error', () => {});
    this.streams.set(path, file);
    return file;
  }

  private close(path: string): void {
    this.streams.get(path)?.end();
    this.streams.delete(path);
  }

  private keep(points: readonly Datapoint[]): void {
    if (points.length === 0) return;
    this.told.onDatapoints?.(points);
    this.points.push(...points);
    const oldest = Date.now() - DATAPOINT_AGE;
    const stale = this.points.findIndex((point) => point.at >= oldest);
    // Dropping in blocks keeps the cost of a line constant.
    if (stale > 1000 || this.points.length > MAX_DATAPOINTS)
      this.points.splice(0, Math.max(stale, this.points.length - MAX_DATAPOINTS + 1000));
  }
}

function splitLines(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) take(line);
    if (rest.length > MAX_LINE) {
      take(rest);
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest) take(rest);
    rest = '';
  });
  stream.on('error', () => {});
}
