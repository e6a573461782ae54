import { checkContent as check } from '../../../gateway/http/request-head';

export * from '../../../gateway/http/request-head';

export function checkContent(type = '', coding = 'identity'): void {
  check(type.split(';', 1)[0], coding);
}
