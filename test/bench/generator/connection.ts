import { connect, type Socket } from 'node:net';
import { type HttpAnswer, ResponseReader } from './response-reader';

/** One connection that is kept: one request at a time. */
export class Connection {
  private readonly reader = new ResponseReader();

  private constructor(private readonly socket: Socket) {}

  /** Takes answers, and what ended the connection. */
  onAnswer: (answer: HttpAnswer | Error) => void = () => undefined;

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      const connection = new Connection(socket);
      socket.once('connect', () => resolve(connection));
      socket.on('error', (error) => {
        reject(error);
        connection.onAnswer(error);
      });
      socket.on('end', () => connection.onAnswer(new Error('the connection was closed')));
      socket.on('data', (chunk) => connection.take(chunk));
    });
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  close(): void {
    this.onAnswer = () => undefined;
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    let answer: HttpAnswer | undefined;
    try {
      answer = this.reader.take(chunk);
    } catch (error) {
      this.onAnswer(error as Error);
      return;
    }
    if (answer !== undefined) this.onAnswer(answer);
  }
}
