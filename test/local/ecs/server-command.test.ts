import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { withServerCommand } from '../../../local/ecs/server-command';
import { scratchFolder } from '../fixtures/assembly';

test('the children of a sidecar run the declared command in its folder, words and folder as they are', async () => {
  const runtime = { kind: 'stdio', command: ['tickets'], environment: ['A'] };
  const Environment = [
    { Name: 'A', Value: '1' },
    { Name: 'MCP_FLEET_SIDECAR', Value: JSON.stringify({ server: 'tickets', runtime }) },
  ];
  const folder = `${scratchFolder()}/with 'quotes' and $HOME`;
  await promisify(execFile)('mkdir', [folder]);
  const command = ['node', '-p', 'JSON.stringify([process.cwd(), process.argv.slice(1)])', '--', 'two words', '$HOME', '; exit 1'];
  const [first, second] = withServerCommand({ Name: 'sidecar', Image: 'x', Environment }, command, folder).Environment ?? [];
  const config = JSON.parse(second?.Value ?? '');

  expect(first).toEqual({ Name: 'A', Value: '1' });
  expect(config).toMatchObject({ server: 'tickets', runtime: { kind: 'stdio', environment: ['A'] } });
  const [program, ...args] = config.runtime.command as [string, ...string[]];
  const { stdout } = await promisify(execFile)(program, args);
  expect(JSON.parse(stdout)).toEqual([folder, ['two words', '$HOME', '; exit 1']]);
});
