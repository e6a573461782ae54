import { classifyMessage as classify, type Message } from '../../../core/message';
import type { Json } from '../../../core/strict-json';

export * from '../../../core/message';

export function classifyMessage(body: Json): Message {
  const message = classify(body);
  return message.kind === 'notification' && message.method === 'tools/call' ? { ...message, kind: 'request', id: 0 } : message;
}
