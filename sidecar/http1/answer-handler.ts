/** Holds up an answer that comes in, or ends it. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** Nobody wants more of it. Its handler hears the error. */
  abort(error: Error): void;
}

/** Takes the answer to one request, in step with the connection that it comes from. */
export interface AnswerHandler {
  /** A connection is in hand: the last moment before the first byte. What is aborted here is not sent. */
  onSending(flow: Flow): void;
  /** @param fields flat name–value pairs, names in lower case */
  onHead(flow: Flow, status: number, fields: readonly string[]): void;
  onBytes(flow: Flow, chunk: Buffer): void;
  /** The answer is whole. */
  onEnd(): void;
  /** There will be no more of it. */
  onError(error: Error): void;
}
