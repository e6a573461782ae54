import { connect } from 'node:net';

/** Whether a connection to the origin of a URL stands within some milliseconds; nothing is said on it. */
export function reaches(url: string, withinMs: number): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (protocol === 'https:' ? 443 : 80)) });
    const end = (stands: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(stands);
    };
    const timer = setTimeout(() => end(false), withinMs);
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
