import { expect, test } from '@jest/globals';
import { findMethod, RestApi } from '../../../local/api-gateway/rest-api';

const NOTHING = { authorizer: undefined, integration: { uri: '', target: '', method: undefined, streams: true, timeoutMs: 1 } };

/** @param methods such as `GET /{server}/mcp` */
function api(...methods: string[]): RestApi {
  const made = new RestApi('a1', { stack: 's', logicalId: 'l' }, true);
  const ids = new Map([['', made.rootId]]);
  for (const text of methods) {
    const [verb = '', path = ''] = text.split(' ');
    let known = '';
    for (const part of path.split('/').slice(1).filter(Boolean)) {
      const next = `${known}/${part}`;
      if (!ids.has(next)) made.addResource(next, ids.get(known) as string, part);
      ids.set(next, next);
      known = next;
    }
    made.setMethod(text, ids.get(known) as string, verb, NOTHING);
  }
  made.deploy('d');
  return made;
}

const METHODS = ['GET /', 'ANY /{server}/mcp', 'OPTIONS /{server}/mcp', 'GET /.well-known/{rest+}', 'GET /fixed/mcp'];

test.each([
  ['POST', '/a/mcp', '/{server}/mcp'],
  ['GET', '/fixed/mcp', '/fixed/mcp'],
  ['POST', '/fixed/mcp', '/{server}/mcp'],
  ['GET', '/a/mcp/', '/{server}/mcp'],
  ['GET', '/.well-known/x/y', '/.well-known/{rest+}'],
  ['POST', '/.well-known/x', undefined],
  ['GET', '/', '/'],
  ['POST', '/', undefined],
  ['GET', '/a', undefined],
  ['GET', '//mcp', undefined],
  ['GET', '/a//mcp', undefined],
  ['GET', '/a/mcp/b', undefined],
  ['GET', '/a/mcp//', undefined],
])('%s %s meets %s', (verb, path, resource) => {
  const snapshot = api(...METHODS).deployments.get('d');
  expect(snapshot && findMethod(snapshot, verb, path)?.resource).toBe(resource);
});

test('parameters are what stands in their place, as it was sent', () => {
  const snapshot = api(...METHODS).deployments.get('d');
  expect(snapshot && findMethod(snapshot, 'POST', '/..%2fa/mcp')?.parameters).toEqual({ server: '..%2fa' });
  expect(snapshot && findMethod(snapshot, 'GET', '/.well-known/x/y')?.parameters).toEqual({ rest: 'x/y' });
});

test('what is changed after a deployment is in the next one only', () => {
  const made = api('GET /a');
  made.addResource('/b', made.rootId, 'b');
  made.setMethod('later', '/b', 'GET', NOTHING);
  made.deploy('later');
  const [first, later] = ['d', 'later'].map((id) => made.deployments.get(id));
  expect(first && findMethod(first, 'GET', '/b')).toBeUndefined();
  expect(later && findMethod(later, 'GET', '/b')?.resource).toBe('/b');
});
