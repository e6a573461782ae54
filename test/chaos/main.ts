import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChaos } from './chaos';
import { type Options, readOptions, USAGE } from './options';

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-chaos-'));
  let keepLogs = true;
  try {
    const passed = await runChaos(options, scratch, interruption.signal);
    keepLogs = !passed || options.keep;
    return passed ? 0 : 1;
  } catch (error) {
    keepLogs = !interruption.signal.aborted;
    console.error(interruption.signal.aborted ? 'interrupted' : error);
    return interruption.signal.aborted ? 130 : 1;
  } finally {
    if (keepLogs) console.error(`Logs and histories are in ${scratch}`);
    else rmSync(scratch, { recursive: true, force: true });
  }
}

void main().then((code) => process.exit(code));
