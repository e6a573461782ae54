import { canonicalText } from '../../../core/reading/canonical-text';
import { type Json, type StrictText, readStrictly as strictly } from '../../../core/strict-json';

export * from '../../../core/strict-json';

/** As `JSON.parse` does: the last of two members counts. */
export function readStrictly(bytes: Uint8Array): StrictText {
  try {
    return strictly(bytes);
  } catch (error) {
    if (!(error as Error).message.includes('twice')) throw error;
    const text = new TextDecoder().decode(bytes);
    return { value: JSON.parse(text) as Json, text: canonicalText(text) };
  }
}
