import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { CHILD_USERS, type SidecarConfig } from '../../../core/fleet-config';
import { withChildUsers } from '../../../local/ecs/child-users';

const folder = mkdtempSync('/tmp/child-users-');
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

const config = { runtime: { kind: 'stdio', command: ['x'], environment: [], users: CHILD_USERS } };
const sidecar = { Name: 'sidecar', Image: 'i', Environment: [{ Name: 'MCP_FLEET_SIDECAR', Value: JSON.stringify(config) }] };

function made(name: string, mode: number): string {
  const path = join(folder, name);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

/** Whether children would be kept apart. */
function areApart(cwd: string, more: Parameters<typeof withChildUsers>[2] = {}, path: readonly string[] = []): boolean {
  const { Environment } = withChildUsers(sidecar, { cwd, argv: [], environment: {}, path }, more);
  const { runtime } = JSON.parse(Environment?.[0]?.Value ?? '') as SidecarConfig;
  expect(runtime).toMatchObject({ kind: 'stdio', command: ['x'], environment: [] });
  return 'users' in runtime;
}

(process.getuid?.() === 0 ? describe : describe.skip)('run by root, children are kept apart', () => {
  test('where every user may read the files of their server', () => {
    const open = made('open', 0o755);
    expect(areApart(open)).toBe(true);
    expect(areApart(made('closed', 0o700))).toBe(false);
    expect(areApart(open, { folder: made('declared', 0o700) })).toBe(false);
  });

  test('and enter each folder on the way, that behind a link to a package, too', () => {
    const hidden = made('hidden', 0o700);
    mkdirSync(join(hidden, 'within'), { mode: 0o755 });
    expect(areApart(join(hidden, 'within'))).toBe(false);
    const executables = made('executables', 0o755);
    writeFileSync(join(hidden, 'server.js'), '', { mode: 0o755 });
    symlinkSync(join(hidden, 'server.js'), join(executables, 'server'));
    expect(areApart(made('work', 0o755), { npm: {} }, [executables])).toBe(false);
    expect(areApart(join(folder, 'work'), {}, [executables])).toBe(true);
    // What stands at the end may be read, but not on this way.
    const [shared, around] = [made('shared', 0o755), made('around', 0o755)];
    writeFileSync(join(shared, 'server.js'), '', { mode: 0o755 });
    symlinkSync(shared, join(hidden, 'node_modules'));
    symlinkSync(join(hidden, 'node_modules', 'server.js'), join(around, 'server'));
    expect(areApart(join(folder, 'work'), { npm: {} }, [around])).toBe(false);
  });
});

test('run by another user, they are not: the sidecar would refuse', () => {
  const getuid = process.getuid;
  process.getuid = () => 1000;
  try {
    expect(areApart(made('anybody', 0o755))).toBe(false);
  } finally {
    if (getuid) process.getuid = getuid;
  }
});
