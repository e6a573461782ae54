/** What of V8's CPU profile is read (Chrome DevTools Protocol, Profiler.Profile). */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
}

export interface Frame {
  readonly functionName: string;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

const WRITES = /^(write|writev|writeBuffer|writeUtf8String|writeLatin1String)$/;
const STREAMS = /^node:(_http|http|net|_?stream|events|internal\/(streams|stream_base|http|net|timers|process\/task_queues|js_stream))/;

/**
 * The shares of the time that a program was busy, by whose code ran, largest first.
 * @param source the program, bundled with a comment that names each file, as esbuild does unless it is to be small
 */
export function sharesOf({ nodes, samples, timeDeltas }: CpuProfile, source: string): ReadonlyMap<string, number> {
  const roomOf = rooms(source);
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, roomOf)]));
  const times = new Map<string, number>();
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample);
    if (name !== undefined) times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  return new Map([...times].map(([name, time]) => [name, time / all] as const).sort(([, a], [, b]) => b - a));
}

function nameOf({ functionName, url, lineNumber }: Frame, roomOf: (line: number) => string): string | undefined {
  if (functionName === '(idle)' || functionName === '(root)') return undefined;
  if (functionName === '(garbage collector)') return 'garbage';
  if (functionName === '(program)') return 'outside of JavaScript';
  if (url === '') return WRITES.test(functionName) ? "the kernel's writes" : "Node's own, native";
  if (url.startsWith('node:')) return STREAMS.test(url) ? 'node:http and streams' : "Node's own";
  return roomOf(lineNumber);
}

/** Whose a line is: a folder of this project, or a package. */
function rooms(source: string): (line: number) => string {
  let room = 'the bundle';
  const byLine = source.split('\n').map((line) => {
    const [, path] = /^\/\/ (\S+\.(?:ts|js|mjs|cjs))$/.exec(line) ?? [];
    if (path !== undefined) room = roomOfFile(path);
    return room;
  });
  return (line) => byLine[line] ?? room;
}

function roomOfFile(path: string): string {
  const [, name] = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  if (name === undefined) return `${path.split('/', 1)[0]}/`;
  return name.startsWith('@aws-sdk') || name.startsWith('@smithy') ? 'AWS SDK' : name;
}
