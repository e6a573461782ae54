import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';

/** Every process below one, by pid, as `ps` knows them now. */
export function descendantsOf(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  for (const line of lines) {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root);
}

/** Those of the processes that still run; a zombie that nobody has waited for runs no more. */
export function alive(pids: readonly number[]): readonly string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => {
    const [pid, stat] = line.trim().split(/\s+/);
    return pids.includes(Number(pid)) && !stat?.startsWith('Z');
  });
}

/** Whether anything listens at `host:port`. */
export async function listens(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return await new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Resolves to what is left when the limit has passed; to nothing as soon as nothing is left. */
export async function leftAfter(pids: readonly number[], limitMs: number): Promise<readonly string[]> {
  const deadline = Date.now() + limitMs;
  while (alive(pids).length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  return alive(pids);
}
