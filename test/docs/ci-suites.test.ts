import { expect, test } from '@jest/globals';
import { suiteProblems } from './ci-suites';

const problemsOf = (command: string) => suiteProblems({ page: 'a.md', command, remark: {} });

test('what pages say of suites is held against what there is', async () => {
  expect(await problemsOf('npm test')).toEqual([]);
  expect(await problemsOf('npm run test:e2e -- e2e/oauth')).toEqual([]);
  expect(await problemsOf('npm run test:e2e -- e2e/nothing')).toEqual(['no test is in e2e/nothing']);
  expect(await problemsOf('npm run test:e2e -- --bail')).toEqual([expect.stringContaining('option of jest')]);
  expect(await problemsOf('npm run test:nothing')).toEqual([
    'package.json has no script test:nothing',
    '.ci/run does not call npm run test:nothing',
  ]);
});
