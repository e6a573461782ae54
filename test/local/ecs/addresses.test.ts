import { describe, expect, test } from '@jest/globals';
import { AddressBook, rewriteTaskPorts } from '../../../local/ecs/addresses';

const HOST = 'internal-mcp-1a2b3c.us-east-1.elb.amazonaws.com';

describe('AddressBook', () => {
  const book = new AddressBook();
  book.addListener(HOST, 443, 8700);
  book.addListener(HOST, 8443, 41000);
  book.addListener(HOST, 9443, 41001, 'https');
  book.addText('https://login.example', 'http://127.0.0.1:9000');

  test.each([
    [`https://${HOST}:8443/payments/mcp`, 'http://127.0.0.1:41000/payments/mcp'],
    [`https://${HOST}/x`, 'http://127.0.0.1:8700/x'],
    [`{"url":"https://${HOST}:8443","other":1}`, '{"url":"http://127.0.0.1:41000","other":1}'],
    [`${HOST}:8443`, '127.0.0.1:41000'],
    [`https://${HOST}:9443/x`, 'https://127.0.0.1:41001/x'],
    [`http://${HOST}`, `http://${HOST}`],
    [`https://${HOST}:9999`, `https://${HOST}:9999`],
    ['https://login.example/.well-known/jwks.json', 'http://127.0.0.1:9000/.well-known/jwks.json'],
  ])('%s', (from, to) => {
    expect(book.rewrite(from)).toBe(to);
  });

  test('rewrites every text of a value', () => {
    expect(book.rewriteAll({ Issuer: 'https://login.example', Grants: [{ n: 1, at: `https://${HOST}` }] })).toEqual({
      Issuer: 'http://127.0.0.1:9000',
      Grants: [{ n: 1, at: 'http://127.0.0.1:8700' }],
    });
  });
});

describe('rewriteTaskPorts', () => {
  const ports = new Map([
    [3000, 21000],
    [80, 21001],
  ]);

  test.each([
    ['http://127.0.0.1:3000/mcp', 'http://127.0.0.1:21000/mcp'],
    ['localhost:80', 'localhost:21001'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['http://10.0.0.1:3000', 'http://10.0.0.1:3000'],
    ['port 3000', 'port 3000'],
  ])('%s', (from, to) => {
    expect(rewriteTaskPorts(from, ports)).toBe(to);
  });
});
