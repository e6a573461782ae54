import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { type ConditionProperties, readActions, readConditions } from '../../../local/alb/listener-rules';

function request(url: string, headers: Record<string, string> = {}, method = 'GET'): IncomingMessage {
  return { url, headers: { host: 'mcp.example:8700', ...headers }, method } as unknown as IncomingMessage;
}

describe('readConditions', () => {
  const path = (...Values: string[]): ConditionProperties => ({ Field: 'path-pattern', PathPatternConfig: { Values } });

  test.each<[string, ConditionProperties, IncomingMessage, boolean]>([
    ['a prefix matches', path('/payments/*'), request('/payments/mcp'), true],
    ['a prefix does not match another', path('/payments/*'), request('/payments2/mcp'), false],
    ['* stands for nothing too', path('/payments/*'), request('/payments/'), true],
    ['? stands for one character', path('/a?c'), request('/abc'), true],
    ['? does not stand for none', path('/a?c'), request('/ac'), false],
    ['a dot is a dot', path('/a.c'), request('/abc'), false],
    ['paths are case-sensitive', path('/Payments/*'), request('/payments/mcp'), false],
    ['the query does not count', path('/payments/mcp'), request('/payments/mcp?x=1'), true],
    ['one of several values is enough', path('/a/*', '/b/*'), request('/b/c'), true],
    ['Values without a config', { Field: 'path-pattern', Values: ['/a'] }, request('/a'), true],
    ['hosts ignore case and port', { Field: 'host-header', HostHeaderConfig: { Values: ['MCP.*'] } }, request('/'), true],
    [
      'a header',
      { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Kind', Values: ['gold*'] } },
      request('/', { 'x-kind': 'Gold-1' }),
      true,
    ],
    ['an absent header', { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Kind', Values: ['*'] } }, request('/'), false],
    ['a method', { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } }, request('/', {}, 'POST'), true],
  ])('%s', (_, condition, incoming, expected) => {
    expect(readConditions([condition], 'Shop/Rule')(incoming)).toBe(expected);
  });

  test('all conditions must hold', () => {
    const matches = readConditions([path('/a/*'), { Field: 'host-header', HostHeaderConfig: { Values: ['other'] } }], 'Shop/Rule');
    expect(matches(request('/a/b'))).toBe(false);
  });

  test('refuses a condition by name', () => {
    expect(() => readConditions([{ Field: 'source-ip' }], 'Shop/Rule')).toThrow('the condition "source-ip" at Shop/Rule/Conditions/0');
  });
});

const nobody = () => undefined;

describe('readActions', () => {
  test('a redirect fills in what it keeps', () => {
    const action = readActions(
      [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Protocol: 'HTTPS', Port: '8443', Path: '/v2/#{path}' } }],
      'p',
      nobody,
    );
    expect(action.type === 'redirect' && [action.status, action.location(request('/a/b?c=d'))]).toEqual([
      301,
      'https://mcp.example:8443/v2/a/b?c=d',
    ]);
  });

  test('refuses actions that it cannot carry out', () => {
    expect(() =>
      readActions(
        [
          { Type: 'authenticate-oidc', Order: 1 },
          { Type: 'forward', Order: 2 },
        ],
        'Shop/Rule',
        nobody,
      ),
    ).toThrow('2 actions at Shop/Rule');
    expect(() => readActions([{ Type: 'authenticate-cognito' }], 'Shop/Rule', nobody)).toThrow(
      'the action "authenticate-cognito" at Shop/Rule',
    );
    const forward = { Type: 'forward', Order: 2, TargetGroupArn: 'arn' };
    const check = (JwtValidationConfig: object) => [{ Type: 'jwt-validation', Order: 1, JwtValidationConfig }, forward] as never;
    const config = { Issuer: 'https://login.example', JwksEndpoint: 'https://login.example/keys' };
    expect(() => readActions(check(config), 'Shop/Rule', nobody)).toThrow('tokens of https://login.example at Shop/Rule');
    expect(() => readActions(check({ ...config, AdditionalClaims: [{}] }), 'Shop/Rule', () => 'http://127.0.0.1:1')).toThrow(
      'AdditionalClaims of the action at Shop/Rule',
    );
  });
});
