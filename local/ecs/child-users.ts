import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHILD_USERS, SIDECAR_CONFIG_VARIABLE, type SidecarConfig } from '../../core/fleet-config';
import type { ContainerProgram, ContainerProperties } from './task-definition';

/**
 * A sidecar as its container has it where children can run as users of their own here, too; elsewhere one whose children run as itself.
 * Only root can start a process as another user, and that one must be able to read the files of the server.
 * @param folder of a declared command
 */
export function withChildUsers(
  sidecar: ContainerProperties,
  program: ContainerProgram,
  { npm, folder }: { readonly npm?: object | undefined; readonly folder?: string },
): ContainerProperties {
  // The executables of a package are links to where it is installed.
  const linked = npm === undefined ? [] : program.path.slice(0, 1).flatMap(filesIn);
  const needed = [process.execPath, program.cwd, ...program.path, ...linked, ...(folder === undefined ? [] : [folder])];
  if (isRootOfAll() && areForAll(needed.filter((path) => existsSync(path)))) return sidecar;
  return {
    ...sidecar,
    Environment: (sidecar.Environment ?? []).map((variable) => {
      if (variable.Name !== SIDECAR_CONFIG_VARIABLE) return variable;
      const config = JSON.parse(variable.Value) as SidecarConfig;
      if (config.runtime.kind !== 'stdio') return variable;
      const { users: _, bounds: __, ...runtime } = config.runtime;
      return { ...variable, Value: JSON.stringify({ ...config, runtime }) };
    }),
  };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Whether this is root, of a machine or a user namespace that has the users of children (user_namespaces(7): inside, outside, length). */
function isRootOfAll(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    accessSync('/proc/self/uid_map', constants.R_OK);
    const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
    return ranges.some((range) => {
      const [inside = 0, , length = 0] = range.trim().split(/\s+/).map(Number);
      return inside <= CHILD_USERS.first && inside + length >= CHILD_USERS.first + CHILD_USERS.count;
    });
  } catch {
    return false;
  }
}

const EACH_IS_READ = 'for path; do test -r "$path" && test -x "$path" || exit 1; done';

/** Whether any user may read and execute them. One of the children's is asked: what modes say of them does not tell of links on the way. */
function areForAll(paths: readonly string[]): boolean {
  const { first: uid } = CHILD_USERS;
  return spawnSync('/bin/sh', ['-c', EACH_IS_READ, 'sh', ...paths], { cwd: '/', uid, gid: uid, stdio: 'ignore' }).status === 0;
}
