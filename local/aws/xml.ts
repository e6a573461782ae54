/** What stands in an element; nothing where it is undefined. */
export type XmlContent = string | number | boolean | Date | undefined | readonly XmlContent[] | { readonly [name: string]: XmlContent };

/** How an API writes lists: `<Tags><member/><member/></Tags>`, or `<Tags/><Tags/>`. */
export type Lists = 'members' | 'flattened';

/** An element, or none. Names are the program's own; contents may be anybody's. */
export function element(name: string, content: XmlContent, lists: Lists): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) {
    return lists === 'flattened'
      ? content.map((each: XmlContent) => element(name, each, lists)).join('')
      : `<${name}>${content.map((each: XmlContent) => element('member', each, lists)).join('')}</${name}>`;
  }
  return `<${name}>${inside(content, lists)}</${name}>`;
}

function inside(content: Exclude<XmlContent, undefined>, lists: Lists): string {
  if (content instanceof Date) return content.toISOString();
  if (typeof content !== 'object') return escaped(String(content));
  return Object.entries(content)
    .map(([name, each]) => element(name, each as XmlContent, lists))
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#xD;' };
/** Whatever XML 1.0 has no way to write: controls, halves of surrogate pairs, and the two that are no characters. */
const UNWRITABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text that no parser takes for anything else. */
export function escaped(text: string): string {
  return text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"\r]/g, (character) => ENTITIES[character] as string);
}
