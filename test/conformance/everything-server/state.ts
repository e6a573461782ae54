import { createRequestStateCodec, type RequestStateCodec } from '@modelcontextprotocol/server';

/** What a multi-round request carries from round to round, signed: it passes through the client. */
export interface RoundState {
  readonly tool: string;
  readonly round: number;
}

/** @param key at least 32 bytes; the same for all instances, because any of them may get the next round */
export function roundState(key: string): RequestStateCodec<RoundState> {
  return createRequestStateCodec<RoundState>({ key });
}
