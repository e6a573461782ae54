import type { Template } from '../local/assembly/template';
import { textOf as sortedJson } from '../local/cloudformation/template-changes';

/** A part of a text: what stands there, or what deployment fills in. */
type Piece = { readonly literal: string } | { readonly symbol: string };

/** A value of a template as text: what is known at deployment only stands as `<LogicalId>` or `<LogicalId.Attribute>`. */
export function textOf(value: unknown): string {
  return piecesOf(value)
    .map((piece) => ('literal' in piece ? piece.literal : `<${piece.symbol}>`))
    .join('');
}

/** Members and values of an object, in a row; the order in which they stand says nothing. */
export function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).sort().join(' or ');
  if (typeof value !== 'object' || value === null || isIntrinsic(value)) return textOf(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${wordsOf(inner)}`)
    .sort()
    .join(' and ');
}

/** A JSON document that a template builds; undefined where it is none. What deployment fills in stands as text in it. */
export function documentOf(value: unknown): unknown {
  let text = '';
  let quoted = false;
  for (const piece of piecesOf(value)) {
    if ('literal' in piece) {
      text += piece.literal;
      quoted = isQuotedAfter(piece.literal, quoted);
    } else {
      const symbol = JSON.stringify(`<${piece.symbol}>`);
      text += quoted ? symbol.slice(1, -1) : symbol;
    }
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Puts construct paths in the place of logical ids in what {@link textOf} made of a template. */
export function readableIn({ Resources }: Template): (text: string) => string {
  return (text) =>
    text.replaceAll(/<([A-Za-z0-9]+)((?:\.[\w.]+)?)>/g, (symbol, id: string, attribute: string) => {
      const path = Object.hasOwn(Resources, id) ? pathOf(Resources[id]?.Metadata) : undefined;
      return path === undefined ? symbol : `<${path}${attribute}>`;
    });
}

/** Path of the construct that made a resource, without the last word, which CDK adds. */
export function pathOf(metadata: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const path = metadata?.['aws:cdk:path'];
  return typeof path === 'string' ? path.replace(/\/(Resource|Default)$/, '') : undefined;
}

function piecesOf(value: unknown): Piece[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') return [{ literal: String(value) }];
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join, 'Fn::Sub': sub } = value as Readonly<Record<string, unknown>>;
  if (typeof ref === 'string') return [{ symbol: ref }];
  if (attribute !== undefined) return [{ symbol: Array.isArray(attribute) ? attribute.map(textOf).join('.') : String(attribute) }];
  if (Array.isArray(join) && Array.isArray(join[1])) return joined(String(join[0]), join[1]);
  if (sub !== undefined) return substituted(sub);
  return [{ symbol: sortedJson(value) }];
}

function joined(separator: string, parts: readonly unknown[]): Piece[] {
  return parts.flatMap((part, index) => [...(index > 0 && separator !== '' ? [{ literal: separator }] : []), ...piecesOf(part)]);
}

function substituted(argument: unknown): Piece[] {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  return String(text)
    .split(/(\$\{[^!}][^}]*\})/)
    .flatMap((part, index): Piece[] => {
      if (index % 2 === 0) return [{ literal: part.replaceAll('${!', '${') }];
      const name = part.slice(2, -1).trim();
      return Object.hasOwn(variables ?? {}, name) ? piecesOf(variables[name]) : [{ symbol: name }];
    });
}

/** Whether the text behind a piece of JSON stands between quotes. */
function isQuotedAfter(json: string, before: boolean): boolean {
  const quotes = json.replaceAll(/\\./gs, '').split('"').length - 1;
  return quotes % 2 === 0 ? before : !before;
}

function isIntrinsic(value: object): boolean {
  const [name = '', ...others] = Object.keys(value);
  return others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
}
