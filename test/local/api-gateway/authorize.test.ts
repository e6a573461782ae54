import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { Authorizers } from '../../../local/api-gateway/authorize';
import type { InvokingService } from '../../../local/lambda/lambda-api';
import type { LocalFunction } from '../../../local/lambda/local-function';

const ABOUT = { apiId: 'api', account: '1', region: 'r', stage: 'S', resource: '/{server}/mcp', parameters: {}, requestId: 'id' };
const AUTHORIZER = { functionArn: 'arn', identitySources: ['method.request.header.Authorization', 'context.path'], keepSeconds: 30 };

/** An authorizer that answers so, and counts how often it was asked. */
function authorizers(answer: unknown, error?: string) {
  let [asked, now] = [0, 0];
  const invoke = async () => {
    asked++;
    return { payload: JSON.stringify(answer), ...(error !== undefined && { error }) };
  };
  const judge = new Authorizers(
    () => ({ invoke }) as unknown as LocalFunction,
    () => now,
  );
  return {
    ask: (path: string, headers: Record<string, string> = { authorization: 'Bearer t' }) =>
      judge.judge('auth', AUTHORIZER, { method: 'POST', headers, rawHeaders: [], socket: {} } as unknown as IncomingMessage, {
        ...ABOUT,
        path,
      }),
    asked: () => asked,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const statement = (Effect: string, Resource: string) => ({ Effect, Action: 'execute-api:Invoke', Resource });
const policy = (...Statement: object[]) => ({ principalId: 'p', policyDocument: { Statement } });

test.each([
  ['its server', policy(statement('Allow', 'arn:aws:execute-api:r:1:api/S/*/a/*')), undefined],
  ['another server', policy(statement('Allow', 'arn:aws:execute-api:r:1:api/S/*/b/*')), 'ACCESS_DENIED'],
  ['another stage', policy(statement('Allow', 'arn:aws:execute-api:r:1:api/T/*/a/*')), 'ACCESS_DENIED'],
  ['nothing', policy(), 'ACCESS_DENIED'],
  [
    'all, and a deny of it',
    policy(statement('Allow', '*'), statement('Deny', 'arn:aws:execute-api:r:1:api/S/POST/a/mcp')),
    'ACCESS_DENIED',
  ],
  ['no policy', { principalId: 'p' }, 'AUTHORIZER_CONFIGURATION_ERROR'],
])('a policy for %s', async (_, answer, refusal) => {
  expect(await authorizers(answer).ask('/a/mcp')).toBe(refusal);
});

test('API Gateway asks in its own name, for the authorizer, or under the role that it is given', async () => {
  const asked: InvokingService[] = [];
  const judge = new Authorizers((service) => void asked.push(service));
  const request = { method: 'POST', headers: { authorization: 'Bearer t' }, rawHeaders: [], socket: {} } as unknown as IncomingMessage;
  for (const more of [{}, { role: 'arn:aws:iam::1:role/R' }])
    expect(await judge.judge('auth', { ...AUTHORIZER, ...more }, request, { ...ABOUT, path: '/a/mcp' })).toBe(
      'AUTHORIZER_CONFIGURATION_ERROR',
    );
  const itself = { service: 'apigateway.amazonaws.com', sourceArn: 'arn:aws:execute-api:r:1:api/authorizers/auth' };
  expect(asked).toEqual([itself, { ...itself, role: 'arn:aws:iam::1:role/R' }]);
});

test('only the word Unauthorized is a 401', async () => {
  expect(await authorizers({ errorMessage: 'Unauthorized' }, 'Unhandled').ask('/a/mcp')).toBe('UNAUTHORIZED');
  expect(await authorizers({ errorMessage: 'out of order' }, 'Unhandled').ask('/a/mcp')).toBe('AUTHORIZER_FAILURE');
});

test('without a value of each identity source nobody is asked', async () => {
  const known = authorizers(policy(statement('Allow', '*')));
  expect(await known.ask('/a/mcp', {})).toBe('UNAUTHORIZED');
  expect(known.asked()).toBe(0);
});

test('a policy is kept for the same sources, as long as it may be, and a failure never', async () => {
  const known = authorizers(policy(statement('Allow', '*')));
  for (const path of ['/a/mcp', '/a/mcp', '/b/mcp']) await known.ask(path);
  expect(known.asked()).toBe(2);
  known.pass(30_001);
  await known.ask('/a/mcp');
  expect(known.asked()).toBe(3);
  const failing = authorizers({ errorMessage: 'Unauthorized' }, 'Unhandled');
  for (let i = 0; i < 2; i++) await failing.ask('/a/mcp');
  expect(failing.asked()).toBe(2);
});
