import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LocalAccount } from '../../../../local/local-account';
import { personalEnvironment } from '../../../suites/program';
import { ROOT } from '../../../suites/root';
import { type Exercise, leaveBehind } from './exercise';

const STACK = ['--stack', 'Acme', '--region', 'us-east-1'];
const READS: readonly (readonly string[])[] = [
  ['ledger', 'tail'],
  ['ledger', 'show', 'nothing'],
  ['ledger', 'unknown'],
  ['ledger', 'verify'],
  ['ledger', 'query', '--archive'],
];
const OPERATES: readonly (readonly string[])[] = [
  ['ps'],
  ['sessions'],
  ['tasks'],
  ['logs', 'payments', '--since', '1h'],
  ['explain', '--agent', 'treasury', '--server', 'payments', '--tool', 'transfer'],
  ['freeze', '--server', 'memory', '--reason', 'a drill'],
  ['unfreeze', '--server', 'memory'],
  ['revoke', 'research', '--server', 'memory'],
  ['revoke', 'research', '--server', 'memory', '--undo'],
];

/**
 * What people type under their roles. Each command is its own exercise: that every verb is used, and none is refused, `test:e2e`
 * (`operate`) shows; here it is which command would miss it.
 */
export const PEOPLE: readonly Exercise[] = [
  ...READS.map((words) => typed('Auditor', words)),
  ...[...READS, ...OPERATES].map((words) => typed('Operator', words)),
  {
    name: 'Operator: mcp-fleet ledger resolve',
    run: async (account) => {
      const key = randomUUID();
      await leaveBehind(account, key, 'unknown');
      await type(account, 'Operator', ['ledger', 'resolve', key, '--outcome', 'failed', '--reason', 'seen']);
    },
  },
  typed('Privacy', ['ledger', 'shred', '--agent', 'treasury', '--reason', 'a request', '--yes']),
];

function typed(role: string, words: readonly string[]): Exercise {
  return { name: `${role}: mcp-fleet ${words.join(' ')}`, run: (account) => type(account, role, words) };
}

async function type(account: LocalAccount, role: string, words: readonly string[]): Promise<void> {
  const env = { ...personalEnvironment(), ...account.roleEnvironment(role) };
  const child = spawn(process.execPath, [join(ROOT, 'bin/mcp-fleet'), ...words, ...STACK], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  // 3: the answer is no, as where nothing of that key is there.
  if (code !== 0 && code !== 3) throw new Error(`it ended with ${code}: ${output.trim().slice(-500)}`);
}
