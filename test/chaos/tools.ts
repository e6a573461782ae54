/** Tools that move money: one runs only with a key, one is fenced. */
export const KEYED_TOOL = 'transfer';
export const FENCED_TOOL = 'payment';
