import { SESSION_HEADER } from '../core/headers';
import { understand } from './ask';
import type { RecoveryOptions } from './options';
import type { PlatformInit, PlatformRequest, PlatformResponse, PlatformUrl } from './platform';
import { Recovery } from './recovery';
import type { TaskReport } from './report';
import { respond } from './respond';

/** A `fetch` for MCP clients that brings tool calls through drops without executing one twice. */
export interface RecoveringFetch {
  (input: string | PlatformUrl | PlatformRequest, init?: PlatformInit): Promise<PlatformResponse>;
  readonly task: {
    readonly id: string;
    /** What has become of every call so far, at any time. */
    report(): TaskReport;
  };
}

/**
 * Makes a `fetch` for one task of an agent, to be handed to any MCP client over Streamable HTTP; several clients of the
 * same task may share it.
 * @throws (the returned function) RecoveryExhausted when the budget of a request is spent; whatever `fetch` throws where
 * nothing can be recovered
 */
export function recoveringFetch(options: RecoveryOptions = {}): RecoveringFetch {
  const recovery = new Recovery(options);
  const { task } = recovery;
  const recovering = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const ask = await understand(input, init, recovery);
    if (ask.message?.method === 'notifications/cancelled') {
      task.abandon(ask.headers.get(SESSION_HEADER), ask.message.params?.requestId);
    }
    const response = await respond(ask, recovery);
    if (ask.init.method === 'DELETE' && ask.session !== undefined) recovery.sessions.forget(ask.session);
    return response;
  };
  return Object.assign(recovering, { task: { id: task.id, report: () => task.report() } });
}
