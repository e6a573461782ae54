import { METHODS } from '../core/methods';
import { foldCase } from '../core/reading/folding';
import { LOST_MEMBER, type Problem } from './problems';
import type { ServerMethod } from './server-method';

/** Longest name of a method, in bytes of UTF-8: with it a stream's event ids stay below what clients send back in a header. */
const MAX_METHOD_BYTES = 255;

/** What is wrong with the methods of one server. */
export function methodProblems(methods: readonly ServerMethod[]): Problem[] {
  const names = methods.map(({ name }) => name);
  const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  return [
    ...names.flatMap(nameProblems),
    ...[...twice].map((got) => ({
      what: 'methods',
      got,
      allowed: 'each name once',
      fix: 'It is one kind of message: leave the other out.',
    })),
  ];
}

/** A name that a server could take for one of the protocol's would go around the rules of that. */
function nameProblems(got: string): Problem[] {
  const bytes = Buffer.byteLength(got);
  if (bytes === 0 || bytes > MAX_METHOD_BYTES || !got.isWellFormed() || got === LOST_MEMBER) {
    const allowed = `1 to ${MAX_METHOD_BYTES} bytes of well-formed text, and not ${LOST_MEMBER}`;
    return [{ what: 'methods', got, allowed, fix: 'Write the name as the server knows it.' }];
  }
  const known = Object.keys(METHODS).find((name) => foldCase(name) === foldCase(got));
  if (known === undefined) return [];
  const fix = `The protocol has "${known}", and its own rules say who may say it: leave it out.`;
  return [{ what: 'methods', got, allowed: "names that are none of the protocol's, in whatever case", fix }];
}
