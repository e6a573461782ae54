import { SdkHttpError } from '@modelcontextprotocol/client';

/** What an agent is told instead of a result: a JSON-RPC error. */
export interface AgentError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The JSON-RPC error in the body of an HTTP error; undefined where the body holds none, as one of a proxy's on the way. */
export function errorIn(failure: unknown): AgentError | undefined {
  if (!(failure instanceof SdkHttpError)) return undefined;
  try {
    const { error } = JSON.parse(String(failure.data.text)) as { error?: Partial<AgentError> };
    return Number.isInteger(error?.code) && typeof error?.message === 'string' ? (error as AgentError) : undefined;
  } catch {
    return undefined;
  }
}
