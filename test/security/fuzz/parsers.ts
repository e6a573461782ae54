import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { parseJSONRPCMessage } from '@modelcontextprotocol/server';
import { type Leniency, parseLeniently } from '../../readings/generator/lenient-json';
import type { Parsed } from './grant';

/** Parsers that servers read with. Each may refuse; what it takes counts. */
export const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  'JSON.parse': (text) => JSON.parse(text),
  'SDK v1': (text) => JSONRPCMessageSchema.parse(JSON.parse(text)),
  'SDK v2': (text) => parseJSONRPCMessage(JSON.parse(text)),
  'the first of two': lenient({ duplicates: 'first', folds: false }),
  'the last of two': lenient({ duplicates: 'last', folds: false }),
  'any case, the first': lenient({ duplicates: 'first', folds: true }),
  'any case, the last': lenient({ duplicates: 'last', folds: true }),
};

function lenient(leniency: Leniency) {
  return (text: string): unknown => parseLeniently(text, leniency);
}

/** What a parser makes of a text, message by message; nothing where it refuses. */
export function readBy(parse: (text: string) => unknown, text: string): readonly Parsed[] {
  try {
    return [parse(text)].flat().filter((one): one is Parsed => typeof one === 'object' && one !== null);
  } catch {
    return [];
  }
}
