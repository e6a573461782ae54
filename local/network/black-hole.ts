import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * A port of loopback that answers as nobody does where packets are dropped: a connection to it is neither taken nor refused, and hangs
 * until its own side gives it up. Something listens there with room for two, takes none, and has filled the room itself; the kernel drops
 * every further SYN.
 */
export class BlackHole {
  private constructor(
    readonly port: number,
    private readonly worker: Worker,
  ) {}

  /** @param port on 127.0.0.1; 0 takes a free one. @throws the error of listening, as when the port is taken */
  static async open(port = 0): Promise<BlackHole> {
    const worker = new Worker(LISTENER, { eval: true, workerData: port });
    worker.unref();
    const [said] = (await once(worker, 'message')) as [number | { readonly code: string; readonly message: string }];
    if (typeof said === 'number') return new BlackHole(said, worker);
    await worker.terminate();
    throw Object.assign(new Error(said.message), { code: said.code });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

/** It fills its own backlog and then stops its thread for ever, all before its event loop could take the first connection. */
const LISTENER = `
const { connect, createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer();
server.once('error', ({ code, message }) => parentPort.postMessage({ code, message }));
server.listen({ port: workerData, host: '127.0.0.1', backlog: 1 }, () => {
  const { port } = server.address();
  for (let i = 0; i < 8; i++) connect(port, '127.0.0.1').on('error', () => {});
  process.nextTick(() => process.nextTick(() => {
    parentPort.postMessage(port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }));
});
`;
