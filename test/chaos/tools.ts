/** Tools that move money: one runs only with a key, one is fenced. */
export const KEYED_TOOL = 'transfer';
export const FENCED_TOOL = 'payment';

/** What a transfer says when it is done, and when the bank would not do it. */
export function saysDone(reference: string): string {
  return `transferred ${reference}`;
}

export function saysDeclined(reference: string): string {
  return `no funds for ${reference}`;
}
