import jsonata from 'jsonata';
import { expressionProblem, type ReconcileConfig } from '../core/reconcile';
import { type Given, JSONATA_FUNCTIONS } from './jsonata-functions';
import { type NamesRead, namesRead, type Tree } from './jsonata-names';
import { didYouMean } from './nearest';
import type { Problem } from './problems';

type Expressions = Pick<ReconcileConfig, 'arguments' | 'landed' | 'notLanded' | 'result'>;

const OF_CALL = ['arguments', 'idempotencyKey', 'callId'];
const READ = 'result';
const IN_JSONATA = "Write it in JSONata (https://docs.jsonata.org), as in AWS Step Functions, without the surrounding '{% %}'.";

/** What is wrong with the expressions of a reconciliation, as far as can be told before anything is read. */
export function expressionProblems(what: string, expressions: Expressions): Problem[] {
  const problems = Object.entries(expressions).flatMap(([name, text]) =>
    text === undefined ? [] : problemsOf(`${what}.${name}`, name, text),
  );
  const { landed, notLanded } = expressions;
  if (problems.length > 0 || landed.trim() !== notLanded.trim()) return problems;
  const fix = 'Where both are true or neither is, nothing is shown: write when the read shows that nothing happened.';
  return [{ what: `${what}.notLanded`, got: notLanded, allowed: 'another expression than landed', fix }];
}

function problemsOf(what: string, name: string, text: string): Problem[] {
  const malformed = expressionProblem(text);
  if (malformed !== undefined) return [{ what, got: text, allowed: `a JSONata expression; ${malformed}`, fix: IN_JSONATA }];
  const tree = jsonata(text).ast() as unknown as Tree;
  const read = namesRead(tree, READ);
  const there = name === 'arguments' ? OF_CALL : [...OF_CALL, READ];
  const problems = strangerProblems(what, text, read, there);
  if (problems.length > 0) return problems;
  if (name === 'landed' || name === 'notLanded') return verdictProblems(what, text, tree, read);
  return canBeObject(tree) ? [] : [notAnObject(what, text, name)];
}

function strangerProblems(what: string, got: string, { unknown, members }: NamesRead, there: readonly string[]): Problem[] {
  const seen = `It sees ${there.join(', ')}, each without a $.`;
  const variables = [...unknown].map((name) => {
    const allowed = `JSONata's own functions and what the expression binds itself; $${name} is neither`;
    return { what, got, allowed, fix: `${didYouMean(name, [...JSONATA_FUNCTIONS.keys()], (near) => `$${near}`)}${seen}` };
  });
  const strangers = [...members].filter((name) => !there.includes(name));
  return [
    ...variables,
    ...strangers.map((name) => ({
      what,
      got,
      allowed: `members of what it sees: ${there.join(', ')}; ${name} is none`,
      fix: `${didYouMean(name, there)}What is not there is nothing, whatever the call and the read say.`,
    })),
  ];
}

function verdictProblems(what: string, got: string, tree: Tree, { members, whole }: NamesRead): Problem[] {
  if (!members.has(READ) && !whole) {
    const fix = "It would say the same whatever the read shows: look into it, such as 'result.structuredContent.count > 0'.";
    return [{ what, got, allowed: 'an expression over what the read says, result', fix }];
  }
  const given = givenBy(tree);
  if (given === 'any' || given === 'truth') return [];
  return [
    { what, got, allowed: 'an expression that gives true or false', fix: 'Only true counts: compare it, such as … > 0 or … = "done".' },
  ];
}

function notAnObject(what: string, got: string, name: string): Problem {
  const [allowed, example] =
    name === 'arguments'
      ? ["an expression that gives an object, the read's arguments", '{ "reference": arguments.reference }']
      : ['an expression that gives an object, a CallToolResult', '{ "structuredContent": result.structuredContent }'];
  return { what, got, allowed, fix: `Write it in braces, such as '${example}'.` };
}

function canBeObject(tree: Tree): boolean {
  const given = givenBy(tree);
  return given === 'any' || given === 'object';
}

type Form = Given | 'list' | 'object';

const COMPARISONS: ReadonlySet<unknown> = new Set(['=', '!=', '<', '<=', '>', '>=', 'in', 'and', 'or']);

/** What an expression gives, where that can be told from its form: `any` may be an object, and may be a truth. */
function givenBy(tree: Tree | undefined): Form {
  switch (tree?.type) {
    case 'string':
    case 'regex':
      return 'text';
    case 'number':
      return 'number';
    case 'value':
      return typeof tree.value === 'boolean' ? 'truth' : 'text';
    case 'binary':
      return COMPARISONS.has(tree.value) ? 'truth' : 'number';
    case 'unary':
      return tree.value === '[' ? 'list' : tree.value === '{' ? 'object' : 'number';
    case 'block':
      return givenBy(tree.expressions?.at(-1));
    case 'bind':
      return givenBy(tree.rhs);
    case 'condition':
      return givenByEither(tree);
    case 'function':
      return JSONATA_FUNCTIONS.get(String(tree.procedure?.value)) ?? 'any';
    case 'apply':
      return givenBy(tree.rhs?.type === 'variable' ? { type: 'function', procedure: tree.rhs } : tree.rhs);
    case 'path':
      return isText(tree) ? 'text' : 'any';
    default:
      return 'any';
  }
}

function givenByEither(condition: Tree): Form {
  const first = givenBy(condition.then);
  const second = condition.else === undefined ? first : givenBy(condition.else);
  return first === second ? first : 'any';
}

/** The members of a call that are texts. */
function isText({ steps = [] }: Tree): boolean {
  const [step] = steps;
  return steps.length === 1 && step?.type === 'name' && (step.value === 'idempotencyKey' || step.value === 'callId');
}
