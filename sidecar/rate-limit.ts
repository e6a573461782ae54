import { foldCase } from '../core/reading/folding';
import { fieldValue } from './http1/head';

/** Members of which a response has at least one. What else is in it, a limiter may say too. */
const OF_A_RESPONSE = ['jsonrpc', 'result'];

/** Whether the body of an answer is one whose first bytes can tell what it is: text, and no stream. @param headers flat name–value pairs */
export function isReadable(headers: readonly string[]): boolean {
  const types = headers.filter((_, i) => i % 2 === 1 && headers[i - 1] === 'content-type');
  return fieldValue(headers, 'content-encoding') === undefined && !types.some((type) => /event-stream/i.test(type));
}

/**
 * Whether the answer is certainly no JSON-RPC message, as that of a limiter in front of the server is not. A server that speaks
 * JSON-RPC may have begun, however its words are spoilt.
 * @param start of the body
 * @param whole whether that is all of it
 */
export function isLimiters(start: string, whole: boolean): boolean {
  // Takes a byte order mark, too.
  const text = start.trim();
  if (text === '') return whole;
  if (text[0] === '[') return false;
  return text[0] !== '{' || (whole && isOtherObject(text));
}

function isOtherObject(text: string): boolean {
  try {
    return !Object.keys(JSON.parse(text) as object).some((name) => OF_A_RESPONSE.includes(foldCase(name)));
  } catch {
    return false;
  }
}
