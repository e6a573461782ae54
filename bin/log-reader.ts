import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoggedLine } from './log-lines';

/** How often a file that is followed is looked at, in milliseconds. */
const LOOK_MS = 200;

/**
 * The lines of a run, as they were written; once undefined, after those that were there at first.
 * @param follow whether to go on with what is written later, until it is interrupted
 */
export async function* readLines(path: string, follow: boolean, interrupted: AbortSignal): AsyncGenerator<LoggedLine | undefined> {
  const file = await open(path);
  try {
    let rest = Buffer.alloc(0);
    let position = 0;
    const chunk = Buffer.alloc(256 * 1024);
    for (let first = true; !interrupted.aborted; ) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
      position += bytesRead;
      rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
        const line = parse(rest.subarray(0, end).toString());
        rest = rest.subarray(end + 1);
        if (line !== undefined) yield line;
      }
      if (bytesRead > 0) continue;
      if (first) yield undefined;
      first = false;
      if (!follow) return;
      await delay(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined);
    }
  } finally {
    await file.close();
  }
}

/** A machine that went down may have left half a line. */
function parse(text: string): LoggedLine | undefined {
  try {
    return JSON.parse(text) as LoggedLine;
  } catch {
    return undefined;
  }
}
