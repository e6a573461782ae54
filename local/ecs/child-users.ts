import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
  const linked = npm === undefined ? [] : program.path.slice(0, 1).flatMap(targetsOf);
  const needed = [process.execPath, program.cwd, ...program.path, ...linked, ...(folder === undefined ? [] : [folder])];
  if (isRootOfAll() && needed.filter((path) => existsSync(path)).every(isForAll)) return sidecar;
  return {
    ...sidecar,
    Environment: (sidecar.Environment ?? []).map((variable) => {
      if (variable.Name !== SIDECAR_CONFIG_VARIABLE) return variable;
      const config = JSON.parse(variable.Value) as SidecarConfig;
      if (config.runtime.kind !== 'stdio') return variable;
      const { users: _, ...runtime } = config.runtime;
      return { ...variable, Value: JSON.stringify({ ...config, runtime }) };
    }),
  };
}

function targetsOf(folder: string): string[] {
  return readdirSync(folder).map((name) => realpathSync(join(folder, name)));
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

/** Whether any user may read it, and enter each folder on the way. */
function isForAll(path: string): boolean {
  const { mode } = statSync(path);
  const others = (mode & 0o005) === 0o005;
  return others && (dirname(path) === path || isEnteredByAll(dirname(path)));
}

function isEnteredByAll(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return dirname(folder) === folder || isEnteredByAll(dirname(folder));
}
