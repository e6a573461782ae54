/** An image that has Node.js and nothing else that a process here would miss. */
export interface BaseImage {
  /** How its entry point makes a command of the words that it is given. */
  readonly entrypoint: 'docker-entrypoint' | 'node';
}

/** `registry/path/name`, without tag and digest. */
const REFERENCE = /^(?<path>[\w./:-]*?)(?<name>[\w.-]+?)(:[\w.-]+)?(@sha256:[0-9a-f]+)?$/;
const DISTROLESS = /^nodejs\d*(-debian\d+)?$/;

/** What a command of the fix for another base: which ones run here. */
export const NODE_IMAGES = 'node, a copy of it in another registry (…/node), or gcr.io/distroless/nodejs…';

/** What is known of an image by its name; undefined for one that is not known to hold Node.js. */
export function nodeImage(reference: string): BaseImage | undefined {
  const { path = '', name = '' } = REFERENCE.exec(reference)?.groups ?? {};
  // `docker-entrypoint.sh` is what the official image has, and its copies with it.
  if (name === 'node') return { entrypoint: path.startsWith('cgr.dev/') ? 'node' : 'docker-entrypoint' };
  return path === 'gcr.io/distroless/' && DISTROLESS.test(name) ? { entrypoint: 'node' } : undefined;
}
