import { InvalidArgumentError } from 'commander';
import { findElements, takeApart } from '../core/json-members';
import { JsonFault, REQUEST_BOUNDS, scanJson } from '../core/reading/json-scan';

export type ToolArguments = Record<string, unknown>;

/** Of a name no more is shown than this, in characters. */
const SHOWN = 60;
const EXAMPLE = `'{"text":"hello"}'`;

/**
 * Arguments of a tool, as they stand on a command line. Read by JSON.parse and written anew, members that come twice would be folded and
 * large numbers rounded, and the fleet could not refuse them any more: they are refused here, as it would.
 * @throws InvalidArgumentError
 */
export function toolArguments(text: string): ToolArguments {
  try {
    scanJson(text, REQUEST_BOUNDS);
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    throw new InvalidArgumentError(`${fault.message}; arguments are a JSON object such as ${EXAMPLE}.`);
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`${text} is not a JSON object, such as ${EXAMPLE}.`);
  }
  const twice = repeatedMember(text);
  if (twice === undefined) return value as ToolArguments;
  throw new InvalidArgumentError(
    `the member ${JSON.stringify(cut(twice.name))} comes twice, at ${twice.path}; parsers differ on which one counts: leave one of them.`,
  );
}

/** The first member found whose name comes twice in its object, at any depth. */
function repeatedMember(text: string): { readonly name: string; readonly path: string } | undefined {
  const open = [{ text: text.trim(), path: '' }];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const { text, path } = part;
    const { members, twice } = takeApart(text);
    if (twice !== undefined) return { name: twice, path: `${path}${step(twice)}` };
    for (const [name, value] of members) if (holdsMore(value)) open.push({ text: value, path: `${path}${step(name)}` });
    if (text[0] !== '[') continue;
    findElements(text, 0).forEach(({ start, end }, index) => {
      if (holdsMore(text[start] as string)) open.push({ text: text.slice(start, end), path: `${path}[${index}]` });
    });
  }
  return undefined;
}

function holdsMore(value: string): boolean {
  return value[0] === '{' || value[0] === '[';
}

function step(name: string): string {
  return /^\w+$/.test(name) ? `.${cut(name)}` : `[${JSON.stringify(cut(name))}]`;
}

function cut(name: string): string {
  return name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name;
}
