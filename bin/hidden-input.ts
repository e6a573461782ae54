import { CommandError, EXIT } from './exit';

const ENTER = ['\r', '\n'];
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const ERASE = ['\x7f', '\b'];

/** A text from stdin, without the line end that `echo` and editors add; on a terminal it is asked for and not shown. */
export async function readHidden(question: string): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) return await ask(question);
  stdin.setEncoding('utf8');
  let text = '';
  for await (const chunk of stdin) text += chunk;
  return text.replace(/\r?\n$/, '');
}

async function ask(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  try {
    let text = '';
    for await (const chunk of stdin) {
      for (const character of String(chunk)) {
        if (ENTER.includes(character) || character === CTRL_D) return text;
        if (character === CTRL_C) throw new CommandError(EXIT.INTERRUPTED, 'Nothing was kept.');
        text = ERASE.includes(character) ? text.slice(0, -1) : text + character;
      }
    }
    return text;
  } finally {
    stdin.setRawMode(false).pause();
    stderr.write('\n');
  }
}
