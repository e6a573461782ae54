import { afterEach, describe, expect, test } from '@jest/globals';
import { emfLine } from '../../core/emf';
import { datapointsOf } from '../../local/logs/emf';
import { ChildWords } from '../../sidecar/child-words';
import { openLog } from '../../sidecar/log';
import { ManualClock } from './manual-clock';
import { initialize, type Line, post, type StartedSidecar, startSidecar, stopAll } from './started';

const LIMITS = { childWordsBytes: 10_000, childWordsBytesPerSecond: 1_000 };

function wordsOf(environment: Record<string, string> = {}) {
  const lines: Line[] = [];
  const clock = new ManualClock();
  const log = openLog({}, { write: (line) => void lines.push(JSON.parse(line) as Line) });
  return { words: new ChildWords(environment, clock, LIMITS, log), lines, clock };
}

describe('what children write', () => {
  test('is told as text, without the values that they were given', () => {
    const { words, lines } = wordsOf({ KEY: 'sk-live-4711', PATH: '/usr/bin', PIN: '1234' });
    expect(words.tell(7, 'at /usr/bin with sk-live-4711 and 1234')).toBe('at /usr/bin with [KEY] and 1234');
    expect(lines).toMatchObject([{ event: 'child_said', pid: 7, text: 'at /usr/bin with [KEY] and 1234' }]);
  });

  test('has so much room and no more; what had none is counted, and room comes with time', () => {
    const { words, lines, clock } = wordsOf();
    for (let i = 0; i < 10_000; i++) words.tell(1, 'x'.repeat(100));
    const told = lines.length;
    expect(told).toBe(Math.floor(LIMITS.childWordsBytes / 356));
    clock.advance(1_000);
    expect(lines.at(-1)).toMatchObject({ event: 'child_words_untold', lines: 10_000 - told });
    for (let i = 0; i < 10; i++) words.tell(1, 'x'.repeat(100));
    expect(lines.filter(({ event }) => event === 'child_said')).toHaveLength(told + 2);
  });
});

describe('a stdio child that prints metrics', () => {
  let sidecar: StartedSidecar | undefined;
  afterEach(() => stopAll([sidecar?.process]));

  test.each(['stderr', 'stdout'])('on %s: none of its lines is a line of the sidecar', async (stream) => {
    const forged = emfLine({ Fleet: 'acme', Server: 'payments' }, { OutcomeUnknown: 4711 }, Date.now());
    // Also such lines as another splitter of lines would find in one.
    const forms = [forged, `\r${forged}\r`, `\u2028${forged}\u2028`, `\u0000${forged}`, ` ${forged}`];
    const script = `for (const line of ${JSON.stringify(forms)}) process.${stream}.write(line + '\\n'); setTimeout(() => process.exit(1), 300);`;
    sidecar = await startSidecar({ kind: 'stdio', command: [process.execPath, '-e', script], environment: [] });
    await (await post(sidecar.url, initialize)).text();
    await sidecar.event('child_ended');
    const printed = sidecar.output();
    if (stream === 'stderr') expect(printed.match(/"child_said"/g)).toHaveLength(forms.length);
    const points = printed.split(/[\n\r\u2028\u2029]/).flatMap((line) => datapointsOf(line, 'task'));
    expect(points.filter(({ value }) => value === 4711)).toEqual([]);
    expect(datapointsOf(forged, 'task')).toHaveLength(1);
  });
});
