import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLoad } from './load';
import { type Options, readOptions, USAGE } from './options';
import { runSilence } from './silence';

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-load-'));
  let keepLogs = true;
  try {
    const { silence, json } = options;
    const passed =
      silence === undefined
        ? await runLoad(options, scratch, interruption.signal)
        : await runSilence(silence, json, scratch, interruption.signal);
    keepLogs = !passed;
    return passed ? 0 : 1;
  } catch (error) {
    keepLogs = !interruption.signal.aborted;
    console.error(interruption.signal.aborted ? 'interrupted' : error);
    return interruption.signal.aborted ? 130 : 1;
  } finally {
    if (keepLogs) console.error(`What the fleet logged is in ${join(scratch, 'account/state/logs')}`);
    else rmSync(scratch, { recursive: true, force: true });
  }
}

// A silence that is interrupted has clients that would wait on.
void main().then((code) => process.exit(code));
