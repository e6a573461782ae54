// Stands in for a module in the test of what replaces modules.
export * from '../../../core/key-demand';

export const KEY_LIMIT_BYTES = 1;
