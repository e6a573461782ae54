import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const CLI = join(HERE, '../node_modules/@modelcontextprotocol/inspector-cli/build/cli.js');

/** A command that connects, calls and ends: each call is a session of its own. */
export async function connect(url, headers, timeout) {
  const call = async (name, args) => {
    const pairs = Object.entries(args).flatMap(([key, value]) => ['--tool-arg', `${key}=${value}`]);
    // This version knows no --header: its fetch adds them.
    const env = { ...process.env, NODE_OPTIONS: `--import=${join(HERE, 'added-headers.mjs')}`, ADDED_HEADERS: JSON.stringify(headers) };
    const argv = [CLI, '--cli', url, '--transport', 'http', '--method', 'tools/call', '--tool-name', name, ...pairs];
    const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let complaint = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (complaint += chunk));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid, 'SIGKILL'); // with the process that it has started for the work
    }, timeout);
    const [status] = await once(child, 'close');
    clearTimeout(timer);
    if (late) throw new Error('Request timed out');
    if (status !== 0) throw new Error(complaint.trim());
    return JSON.parse(output);
  };
  return { call, close: async () => {} };
}
