const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** Whether an address is `https:`, or `http:` on loopback. */
export function isTrusted(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}

/**
 * @param what names the address in the error; its path is left out, because a signed URL carries a credential there
 * @throws Error unless {@link isTrusted}
 */
export function assertTrusted(address: string, what: string): void {
  if (isTrusted(address)) return;
  const got = URL.canParse(address) ? new URL(address).origin : 'no valid URL';
  throw new Error(`${what} must be at an https address (or http on loopback); got ${got}`);
}
