export * from '../../../core/reading/event-reader';

export function isMessageEvent(): boolean {
  return true;
}
