import { readServerMessage as read, type ServerMessage } from '../../../core/reading/server-message';

export * from '../../../core/reading/server-message';

/** As `JSON.parse` does: the last of two members counts. */
export function readServerMessage(text: string): ServerMessage {
  const message = read(text);
  return message.kind === 'none' && message.because.includes('twice') ? read(JSON.stringify(JSON.parse(text))) : message;
}
