import { readFileSync } from 'node:fs';
import { expect, describe as group, test } from '@jest/globals';
import { JSONATA_FUNCTIONS } from '../../lib/jsonata-functions';
import { describe } from '../../lib/problems';
import { expressionProblems } from '../../lib/reconcile-expressions';

const RIGHT = {
  arguments: '{ "reference": arguments.reference }',
  landed: 'result.structuredContent.count > 0',
  notLanded: 'result.structuredContent.count = 0',
};

function told(expressions: Partial<typeof RIGHT> & { result?: string }): string[] {
  return expressionProblems('reconcile', { ...RIGHT, ...expressions }).map(describe);
}

test("JSONata's own functions are those of the version that evaluates", () => {
  const source = readFileSync(require.resolve('jsonata'), 'utf8');
  const bound = [...source.matchAll(/(?:staticFrame|environment)\.bind\('(\w+)'/g)].map(([, name]) => name);

  expect([...JSONATA_FUNCTIONS.keys()].sort()).toEqual([...new Set(bound)].sort());
  expect(bound.length).toBeGreaterThan(60);
});

group('names', () => {
  test.each([
    [
      '$cont(result.items) > 0',
      /landed is "\$cont.*; allowed: JSONata's own functions .*; \$cont is neither. Did you mean \$count\? It sees arguments/,
    ],
    ['result.id = $arguments.id', /\$arguments is neither. It sees arguments, idempotencyKey, callId, result, each without a \$/],
    ['$states.result.count > 0', /\$states is neither/],
    ['(($x := result.n); $x > 0)', /\$x is neither/],
    ['($f := function($a) { $a > $b }; $f(result.n))', /\$b is neither/],
    ['function($a) { $a }(result.n) and $a', /\$a is neither/],
    ['(($x := 1; $x); $x = result.n)', /\$x is neither/],
    ['result.items[$nope = 1] = []', /\$nope is neither/],
    [
      'results.count > 0',
      /allowed: members of what it sees: arguments, idempotencyKey, callId, result; results is none. Did you mean result\?/,
    ],
    ['result.n > 0 and args.n > 0', /args is none/],
    ['$$.argument.n = result.n', /argument is none. Did you mean arguments\?/],
  ])('%s', (landed, message) => {
    expect(told({ landed })).toEqual([expect.stringMatching(message)]);
  });

  test('the arguments see no result: it is not read yet', () => {
    expect(told({ arguments: '{ "id": result.id }' })).toEqual([
      expect.stringMatching(/arguments is .*: arguments, idempotencyKey, callId; result is none/),
    ]);
  });
});

group('whether it happened', () => {
  const blind =
    /landed is .*; allowed: an expression over what the read says, result. It would say the same whatever the read shows: look into/;
  const untrue = /landed is .*; allowed: an expression that gives true or false. Only true counts: compare it/;

  test.each([
    ...['true', '1 = 1', '"result"', 'arguments.amount > 0', '$exists(arguments)', '$exists(result)', '$boolean(result)'],
    ...['$not($exists(result))', 'result.n > 0 or true', 'arguments.result = 1', '$now() > ""'],
  ])('%s looks at no read', (landed) => {
    expect(told({ landed })).toEqual([expect.stringMatching(blind)]);
  });

  test.each([
    '$count(result.items)',
    '$string(result.state)',
    'result.a + 1',
    '{ "a": result.a }',
    '[result.a]',
    'result.items ~> $count()',
    '(result.n; 5)',
  ])('%s is never true', (landed) => {
    expect(told({ landed })).toEqual([expect.stringMatching(untrue)]);
  });

  test('the same for both is refused', () => {
    expect(told({ notLanded: ` ${RIGHT.landed}` })).toEqual([
      expect.stringMatching(/notLanded is .*; allowed: another expression than landed. Where both/),
    ]);
  });
});

group('what is to be an object', () => {
  test.each([
    '"reference"',
    'arguments.reference = 1',
    '[arguments.reference]',
    '5',
    'true',
    'idempotencyKey',
    '$string(arguments)',
    '$now()',
    '1 + 2',
    '("a"; "b")',
  ])('%s is none', (expression) => {
    expect(told({ arguments: expression })).toEqual([
      expect.stringMatching(
        /arguments is .*; allowed: an expression that gives an object, the read's arguments. Write it in braces, such as '\{ "ref/,
      ),
    ]);
    expect(told({ result: expression })).toEqual([
      expect.stringMatching(/result is .*; allowed: an expression that gives an object, a CallToolResult/),
    ]);
  });
});

test.each([
  { arguments: 'arguments' },
  { arguments: 'arguments.query' },
  { arguments: '$merge([arguments, { "limit": 1 }])' },
  { arguments: 'arguments ~> |$|{ "dry": true }|' },
  { arguments: '($r := arguments.reference; { "reference": $r })' },
  { arguments: 'idempotencyKey ? { "key": idempotencyKey } : { "id": callId }' },
  { arguments: '$map([arguments.a], function($v, $i) { { "a": $v, "i": $i } })' },
  { landed: '$exists(result.structuredContent.id)' },
  { landed: '$contains($string(result), callId)' },
  { landed: '$lookup($, "result").n > 0' },
  { landed: '$count(result.items[reference = $$.arguments.reference]) = 1' },
  { landed: 'result.items@$i.orders[$i.id = $$.callId] != []' },
  { landed: 'result.items#$n[$n = 0].id = callId' },
  { landed: 'result.items^(>created)[0].state = "done"' },
  { landed: 'result.items{ state: $count(id) }.done > 0' },
  { landed: '$$.result.n > 0 and result.isError != true' },
  { landed: '($even := function($n) { $n = 0 or $odd($n - 1) }; $odd := function($n) { $even($n - 1) }; $even(result.n))' },
  { landed: '$reduce(result.items, function($a, $b) { $a or $b.ok }, false)' },
  { landed: 'callId in result.items.id' },
  { landed: '**.id = callId' },
  { landed: 'result.`is done`' },
  { landed: '(result.text ~> /done/i) != null' },
  { landed: '$eval(result.content[0].text).n > 0' },
  { result: 'result' },
  { result: '{ "structuredContent": result.structuredContent.transfers[0] }' },
])('%j is taken', (expressions) => {
  expect(told(expressions)).toEqual([]);
});
