// Gives a run of the tests a temporary folder of its own, which goes with it: whatever a test leaves there is gone.
const { chmodSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const SCRATCH = 'MCP_FLEET_TEST_SCRATCH';

/** Before the workers start: they inherit the environment. */
module.exports = () => {
  process.env[SCRATCH] = process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'mcp-fleet-tests-'));
  // Servers that run as users of their own have to get at what is below.
  chmodSync(process.env.TMPDIR, 0o711);
};

module.exports.remove = () => rmSync(process.env[SCRATCH], { recursive: true, force: true, maxRetries: 3 });
