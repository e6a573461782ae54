import type { FleetError } from '../core/errors';

/** Where an answer goes: the part of `http.ServerResponse` that answers need, so that something can stand in between. */
export interface Outlet {
  /** Nothing that is written arrives any more. */
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  /** The whole answer was handed over. */
  readonly writableFinished: boolean;
  /** Bytes that wait for a slow reader. */
  readonly writableLength: number;
  writeHead(status: number, flatHeaders: string[]): unknown;
  flushHeaders(): void;
  write(chunk: Buffer | string): boolean;
  end(chunk?: Buffer | string): unknown;
  destroy(): unknown;
  on(event: 'close' | 'drain', run: () => void): unknown;
  once(event: 'close' | 'drain', run: () => void): unknown;
  /** Whether the response has passed; undefined where nobody reads what passes. */
  readonly answered?: boolean;
  /** Forgets a head that has not left; false where it has, or where none is held back. */
  takeBack?(): boolean;
  /** What follows is the sidecar's own word and not the server's. */
  disown?(error: FleetError): void;
}
