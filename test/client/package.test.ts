import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(__dirname, '../..');
const REPORT = "console.log(typeof RecoveryExhausted.from, JSON.stringify(recoveringFetch({ taskId: 't' }).task))";

test.each([
  ['import', 'module', `import { RecoveryExhausted, recoveringFetch } from 'cdk-mcp-fleet/client'; ${REPORT}`],
  ['require', 'commonjs', `const { RecoveryExhausted, recoveringFetch } = require('cdk-mcp-fleet/client'); ${REPORT}`],
])('the built package has the client for %s', (_, type, program) => {
  const said = execFileSync(process.execPath, [`--input-type=${type}`, '-e', program], { cwd: ROOT, encoding: 'utf8' });
  expect(said.trim()).toBe('function {"id":"t"}');
});
