/** Tools that move money: one runs only with a key and can be looked up, one is fenced and cannot. */
export const KEYED_TOOL = 'transfer';
export const FENCED_TOOL = 'payment';

/** Longest time from a transfer's arrival until the bank has it: beyond every pause of a server. Only the keyed tool is reconciled. */
export const EFFECT_SECONDS = 5;

/** What a transfer says when it is done, and when the bank would not do it. */
export function saysDone(reference: string): string {
  return `transferred ${reference}`;
}

export function saysDeclined(reference: string): string {
  return `no funds for ${reference}`;
}
