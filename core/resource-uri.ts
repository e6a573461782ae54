/** Scheme in small letters, authority, path, query (RFC 3986, appendix B); a resource is asked for without a fragment. */
const PARTS = /^[a-z][a-z0-9+.-]*:(?:\/\/([^/?#]*))?([^?#]*)(?:\?[^#]*)?$/;
/** What a URI holds as it is. Other characters are written as escapes (RFC 3986 §2). */
const WRITTEN = /^[!#-;=?-[\]_a-z~]+$/;
/** What needs no escape (RFC 3986 §2.3), and what a path is made of. */
const PLAIN = /^[\w\-.~/\\%]$/;

/**
 * What two parsers could take for different resources, in words: a pattern that is held against it as it is written says nothing about what
 * its server reads.
 * @returns undefined where all read it alike
 */
export function ambiguityOf(uri: string): string | undefined {
  if (!WRITTEN.test(uri)) return 'it has characters that a URI must escape';
  const [whole, authority = '', path = ''] = PARTS.exec(uri) ?? [];
  if (whole === undefined) return 'it has no scheme in small letters, or has a fragment';
  if (/[A-Z@]/.test(authority)) return 'its authority has capitals, or a user';
  const segments = path.split('/').slice(1);
  if (segments.some((segment, at) => segment === '.' || segment === '..' || (segment === '' && at < segments.length - 1)))
    return 'its path has a segment that is empty, "." or ".."';
  if (/^\.\.?$/.test(path.split('/', 1)[0] as string)) return 'its path begins with "." or ".."';
  for (const [, digits] of uri.matchAll(/%(.{0,2})/g)) {
    if (!/^[0-9A-F]{2}$/.test(digits as string)) return 'it has a % that is no escape of two capital hexadecimal digits';
    if (isHidden(Number.parseInt(digits as string, 16))) return `it has an escape that is undone by some (%${digits})`;
  }
  return undefined;
}

/** Whether an escape hides what makes another URI of it for who undoes it: also a control. */
function isHidden(code: number): boolean {
  return code < 0x20 || code === 0x7f || PLAIN.test(String.fromCharCode(code));
}

/** A URI template (RFC 6570) as patterns see it: where it has an expression, anything may come, and only `*` covers that. */
export function withOpenExpressions(template: string): string {
  return template.replaceAll(/\{[^}]*\}?/g, '\0');
}
