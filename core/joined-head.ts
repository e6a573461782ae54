/**
 * Node keeps the head of a response for as long as it is open, as it put it together: some thirty pieces, a KiB, of which a stream that is
 * idle holds nothing as long. To ask for a character joins them.
 * @param response of node:http whose head is written; nothing happens to anything else
 */
export function joinHead(response: object): void {
  const { _header: head } = response as { readonly _header?: unknown };
  if (typeof head === 'string') head.charCodeAt(0);
}
