/** What a JSON-RPC response says, judged to be the one that was awaited. */
export interface Response {
  readonly member: 'result' | 'error';
  /** JSON text of that member as the server wrote it, an object. */
  readonly payload: string;
}
