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
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-load-'));
  let passed = false;
  try {
    passed = options.silence === undefined ? await runLoad(options, scratch) : await runSilence(options.silence, options.json, scratch);
    return passed ? 0 : 1;
  } finally {
    if (passed) rmSync(scratch, { recursive: true, force: true });
    else console.error(`What the fleet logged is in ${join(scratch, 'account/state/logs')}`);
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130)); // the account's reaper ends the rest
main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
