/** Takes the body of an answer. */
export interface BodyReader {
  push(chunk: Buffer): void;
  end(): void;
}
