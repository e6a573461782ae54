export * from '../../../core/reading/server-message';

export function isIdOf(): boolean {
  return true;
}
