import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Ports } from '../../../local/processes/ports';
import { programPath } from '../../../local/programs';

/** Where a program listens that calls `listen` in one of the ways that Node allows. */
async function addressOf(call: string, env: Record<string, string> = {}): Promise<{ address: string; port: number }> {
  const script = `const s = require('node:net').createServer(); s.once('listening', () => { console.log(JSON.stringify(s.address())); s.close(); }); ${call};`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--require', programPath('loopback-preload.cjs'), '-e', script], {
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout) as { address: string; port: number };
}

describe('loopback-preload', () => {
  test.each([
    's.listen(0)',
    's.listen("0")',
    's.listen(0, () => {})',
    's.listen(0, 511, () => {})',
    's.listen(0, undefined, () => {})',
    's.listen(0, undefined, 511)',
    's.listen(0, "0.0.0.0")',
    's.listen(0, "::", () => {})',
    's.listen(0, "localhost")',
    's.listen({ port: 0 })',
    's.listen({ port: 0, host: "0.0.0.0" }, () => {})',
    'require("node:http").createServer(); s.listen(0)',
  ])('%s is reachable from this machine only', async (call) => {
    expect((await addressOf(call)).address).toMatch(/^(127\.0\.0\.1|::1)$/);
  });

  test.each(['s.listen(4000)', 's.listen("4000")', 's.listen({ port: 4000 })', 's.listen(4000, "0.0.0.0")'])(
    '%s listens on the port that stands for it here',
    async (call) => {
      const local = await new Ports().take();
      expect(await addressOf(call, { MCP_FLEET_LOCAL_PORTS: JSON.stringify({ 4000: local }) })).toMatchObject({
        address: '127.0.0.1',
        port: local,
      });
    },
  );

  test('callbacks still run', async () => {
    const script =
      'require("node:http").createServer().listen(0, function () { console.log("ran", this.address().address); this.close(); });';
    const { stdout } = await promisify(execFile)(process.execPath, ['--require', programPath('loopback-preload.cjs'), '-e', script]);
    expect(stdout.trim()).toBe('ran 127.0.0.1');
  });
});
