import { expect, test } from '@jest/globals';
import { printable, terminal } from '../../bin/terminal';

const { paint } = terminal(false, { FORCE_COLOR: '1' });

test('whatever a server says is shown and does nothing to the terminal', () => {
  for (let code = 0; code < 0x2100; code++) {
    const character = String.fromCharCode(code);
    const shown = printable(`a${character}b`);
    const acts = (code < 0x20 && code !== 9 && code !== 10) || (code >= 0x7f && code <= 0x9f) || /\p{Bidi_Control}/u.test(character);
    expect([code, shown === `a${character}b`]).toEqual([code, !acts]);
    expect(shown).not.toMatch(/(?![\t\n])\p{Cc}/u);
  }
});

test.each([
  ['a title', '\x1b]0;owned\x07', '␛]0;owned␇'],
  ['a colour that hides', '\x1b[8mhidden', '␛[8mhidden'],
  ['a line that is written over', 'safe\rowned', 'safe␍owned'],
  ['a link', '\x1b]8;;https://evil.example\x1b\\text', '␛]8;;https://evil.example␛\\text'],
  ['the one-byte form', '\x9b2J', '\ufffd2J'],
  ['lines of Windows', 'one\r\ntwo', 'one\ntwo'],
])('%s', (_, said, shown) => {
  expect(printable(said)).toBe(shown);
});

test('our own colours stay', () => {
  const line = paint.bold(paint.red(`x${paint.dim('y')}`));
  expect(printable(line)).toBe(line);
});
