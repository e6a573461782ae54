import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { DEPLOY_VARIABLES, deployEnvironment, exportLine, winningIn } from '../../bin/deploy-environment';
import { runWith } from '../../bin/run-with';
import { accountEnvironment } from '../../local/processes/credentials';

const ACCOUNT = accountEnvironment('000000000000', { dynamodb: 'http://127.0.0.1:1', aws: 'http://127.0.0.1:2' }, 'eu-west-1');

describe('the environment of a deployment', () => {
  test('leads to the account and nowhere else', () => {
    const ours = deployEnvironment(ACCOUNT, {});
    expect(ours).toMatchObject({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:2',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
      AWS_REGION: 'eu-west-1',
      CDK_DEFAULT_ACCOUNT: '000000000000',
      CDK_DEFAULT_REGION: 'eu-west-1',
      CDK_DOCKER: expect.stringMatching(/\/bin\/mcp-fleet-docker$/),
    });
    expect(Object.keys(ours)).toEqual(DEPLOY_VARIABLES);
    expect(deployEnvironment(ACCOUNT, { HTTPS_PROXY: 'http://proxy', NO_PROXY: 'a.example' }).NO_PROXY).toBe(
      'a.example,127.0.0.1,localhost',
    );
  });

  test('names what would win over it', () => {
    const given = { AWS_PROFILE: 'prod', AWS_ENDPOINT_URL_S3: 'x', AWS_ENDPOINT_URL_DYNAMODB: 'x', AWS_ACCESS_KEY_ID: 'AKIA', HOME: '/' };
    expect(winningIn(given, deployEnvironment(ACCOUNT, given))).toEqual(['AWS_PROFILE', 'AWS_ENDPOINT_URL_S3']);
  });

  test('is what a shell reads', () => {
    const value = `it's $HOME; "x"\nnext`;
    const printed = execFileSync('/bin/sh', ['-c', `${exportLine('IT', value)}\nprintf %s "$IT"`]).toString();
    expect(printed).toBe(value);
  });
});

describe('a command in an environment', () => {
  const node = (program: string) => runWith([process.execPath, '-e', program], { ANSWER: '3' });

  test('passes its exit code on', async () => {
    expect(await node('process.exit(Number(process.env.ANSWER))')).toBe(3);
    expect(await node("process.kill(process.pid, 'SIGKILL')")).toBe(137);
  });

  test('that is not there is told of', async () => {
    await expect(runWith(['no-such-program'], {})).rejects.toMatchObject({
      message: expect.stringContaining('no-such-program could not be started'),
      exitCode: 127,
    });
    await expect(runWith(['/'], {})).rejects.toMatchObject({ exitCode: 126 });
  });
});
