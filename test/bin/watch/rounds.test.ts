import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Rounds } from '../../../bin/watch/rounds';
import { Turns } from '../../../bin/watch/turns';
import type { WatchEvent } from '../../../bin/watch/watch-events';
import { LocalAccountError } from '../../../local/account-error';
import type { ApplyOptions, CloudFormationTemplate, LocalAccount } from '../../../local/local-account';
import { scratchFolder, writeAssembly } from '../../local/fixtures/assembly';
import { Clock } from './clock';

const SYNTHESIS_MS = 2000;
const ROLL_MS = 1000;

/** One that has two services, of which `clock` runs from a folder, and whose templates say what was read of the app's files. */
const template = (read: string) => ({
  Resources: {
    App: { Type: 'Custom::App', Properties: { read } },
    NotesTask: task('notes', {}),
    Notes: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: { Ref: 'NotesTask' } } },
    ClockTask: task('clock', { server: { command: ['node', 'main.js'], directory: '../clock' } }),
    Clock: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: { Ref: 'ClockTask' } } },
  },
});

function task(server: string, hints: object) {
  const Environment = [{ Name: 'MCP_FLEET_SIDECAR', Value: JSON.stringify({ fleet: 'f', server }) }];
  return {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: { ContainerDefinitions: [{ Name: 'sidecar', Environment }] },
    Metadata: { 'cdk-mcp-fleet:containers': hints },
  };
}

describe('Rounds', () => {
  let clock: Clock;
  let folder: string;
  let files: Map<string, string>;
  let events: WatchEvent[];
  /** What was done to the account, in order. */
  let done: string[];
  let turns: Turns;
  let rounds: Rounds;
  let interruption: AbortController;
  /** What the app does while it is synthesized. */
  let building: () => void;
  let rolling: (signal: AbortSignal | undefined) => Promise<void>;
  let refusal: Error | undefined;

  const pass = (ms: number) => new Promise<void>((end) => void clock.after(ms, end));
  const contents = () => [...files].map(([path, text]) => `${path}=${text}`).join();
  const save = (path: string, text: string) => {
    files.set(path, text);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    turns.take(join(folder, path));
  };
  const names = () => events.map(({ event }) => event);

  beforeEach(() => {
    clock = new Clock();
    folder = join(scratchFolder(), 'app');
    mkdirSync(folder);
    files = new Map();
    events = [];
    done = [];
    interruption = new AbortController();
    building = () => {};
    refusal = undefined;
    rolling = () => pass(ROLL_MS);
    let templates = { Shop: template('') } as unknown as Record<string, CloudFormationTemplate>;
    let underWay = 0;
    const account = {
      get templates() {
        return templates;
      },
      processes: async () => [],
      apply: async (assembly: string, { onResource, signal }: ApplyOptions = {}) => {
        expect(++underWay).toBe(1);
        try {
          if (refusal) throw refusal;
          onResource?.('Shop/Notes', 'UPDATE_IN_PROGRESS');
          await rolling(signal);
          templates = { Shop: assemblies.get(assembly) as CloudFormationTemplate };
          done.push(`apply ${templates.Shop?.Resources.App?.Properties?.read}`);
        } finally {
          underWay--;
        }
      },
      redeploy: async (service: string, { signal }: { signal?: AbortSignal } = {}) => {
        await rolling(signal);
        done.push(`redeploy ${service}`);
      },
    } as unknown as LocalAccount;
    const assemblies = new Map<string, unknown>();
    rounds = new Rounds({
      account,
      folder,
      describe: () => ['asker may call notes.secret'],
      teller: { watch: (event) => void events.push(event) },
      interrupted: interruption.signal,
      timers: clock,
      onServices: () => {},
      source: {
        readsFiles: true,
        next: async () => {
          const read = contents();
          building();
          await pass(SYNTHESIS_MS);
          if (read.includes('syntax error')) throw new Error('app.ts:1: syntax error');
          const assembly = writeAssembly({ Shop: { template: template(read) } });
          assemblies.set(assembly, template(read));
          return { assembly, missing: [], milliseconds: SYNTHESIS_MS };
        },
        prepare: () => {},
        discard: () => {},
        dispose: async () => {},
      },
    });
    turns = new Turns(rounds.run, clock);
    turns.open();
  });

  test('a save is synthesized, told and applied', async () => {
    save('app.ts', '1');
    await clock.pass(10_000);
    expect(done).toEqual(['apply app.ts=1']);
    expect(events).toMatchObject([
      { event: 'watch_change', files: ['app.ts'] },
      { event: 'watch_synth', made: 0, changed: 1, removed: 0, meaning: ['asker may call notes.secret'] },
      { event: 'watch_roll', service: 'notes' },
      { event: 'watch_applied', services: ['notes'] },
    ]);
  });

  test('a burst of saves over five seconds leads to two applies, and the last one has all of it', async () => {
    for (let i = 0; i < 50; i++) {
      save(`f${i % 3}.ts`, String(i));
      await clock.pass(100);
    }
    await clock.pass(30_000);
    expect(done.length).toBeLessThanOrEqual(2);
    expect(done.at(-1)).toBe(`apply ${contents()}`);
  });

  test('what a build writes is synthesized once more at most, the same content not at all', async () => {
    let built = 0;
    building = () => {
      built++;
      save('out/main.js', `of ${files.get('main.ts')}`);
    };
    save('main.ts', '1');
    await clock.pass(60_000);
    expect([built, done.length]).toEqual([2, 1]);
    save('main.ts', '2');
    await clock.pass(60_000);
    expect([built, done.length]).toEqual([4, 2]);
    expect(done.at(-1)).toBe(`apply ${contents()}`);
  });

  test('a build that never writes the same twice comes to rest, and it is said', async () => {
    let built = 0;
    building = () => save('out/stamp', String(built++));
    save('main.ts', '1');
    await clock.pass(10 * 60_000);
    expect(built).toBeLessThan(40);
    expect(events.filter(({ event }) => event === 'watch_hint')).toEqual([
      { event: 'watch_hint', message: 'out/stamp: written at every synthesis; name it in watch.exclude of cdk.json' },
    ]);
  });

  test('a folder that a server runs from deploys just that one, at once; nothing else changes', async () => {
    save('../clock/main.js', '1');
    files.clear(); // the app reads none of it
    await clock.pass(20_000);
    expect(done).toEqual(['redeploy clock']);
    expect(names()).toEqual(['watch_change', 'watch_roll', 'watch_applied', 'watch_synth']);
  });

  test('together with the app it is deployed when that is applied', async () => {
    save('../clock/main.js', '1');
    save('app.ts', '1');
    await clock.pass(20_000);
    expect(done).toEqual([expect.stringContaining('apply '), 'redeploy clock']);
  });

  test('an app that does not synthesize: told, and nothing is done; a build that goes on writing makes no loop', async () => {
    building = () => save('out/main.js', 'the same');
    save('app.ts', 'syntax error');
    await clock.pass(60_000);
    expect(done).toEqual([]);
    expect(events.filter(({ event }) => event === 'watch_failed').length).toBeLessThanOrEqual(2);
    expect(events.at(-1)).toMatchObject({ event: 'watch_failed', stage: 'synthesis', runningSince: expect.any(String) });
    save('app.ts', 'mended');
    await clock.pass(60_000);
    expect(done.at(-1)).toBe(`apply ${contents()}`);
  });

  test('a change that is refused: told by its code, and the next one is taken', async () => {
    refusal = new LocalAccountError('UNSUPPORTED', 'the property Layers of Shop/Fn');
    save('app.ts', '1');
    await clock.pass(20_000);
    expect(events.at(-1)).toMatchObject({ event: 'watch_failed', stage: 'deployment', code: 'UNSUPPORTED' });
    refusal = undefined;
    save('app.ts', '2');
    await clock.pass(20_000);
    expect(done).toEqual(['apply app.ts=2']);
  });

  test('saved and saved back: nothing changes, and it is said', async () => {
    save('app.ts', '1');
    await clock.pass(20_000);
    save('app.ts', '1');
    await clock.pass(20_000);
    expect(done).toHaveLength(1);
    expect(names().slice(-2)).toEqual(['watch_synth', 'watch_unchanged']);
  });

  test('a deployment in trouble is given up for something newer, which has all that was in it', async () => {
    rolling = (signal) =>
      new Promise((_, reject) => {
        if (signal?.aborted) reject(new Error('given up'));
        signal?.addEventListener('abort', () => reject(new Error('given up')));
      });
    save('app.ts', 'hangs');
    await clock.pass(5000);
    expect(names().at(-1)).toBe('watch_roll');
    explain();
    rolling = () => pass(ROLL_MS);
    save('other.ts', 'mended');
    await clock.pass(20_000);
    expect(names()).toContain('watch_superseded');
    expect(done).toEqual([`apply ${contents()}`]);
  });

  test('nothing is told or begun after an interruption', async () => {
    save('app.ts', 'syntax error');
    await clock.pass(1000);
    interruption.abort();
    turns.stop();
    const before = names();
    await clock.pass(20_000);
    expect(names()).toEqual(before);
  });

  test('a server folder that is removed is a change like any other', async () => {
    save('servers/notes/index.js', '1');
    await clock.pass(20_000);
    rmSync(join(folder, 'servers'), { recursive: true });
    files.delete('servers/notes/index.js');
    turns.take(join(folder, 'servers/notes/index.js'));
    await clock.pass(20_000);
    expect(done).toHaveLength(2);
  });

  function explain(): void {
    expect(
      rounds.explains({
        event: 'failed',
        role: 'server',
        server: 'notes',
        service: 's',
        container: 'server',
        task: 't',
        what: '',
        lines: [],
      }),
    ).toBe(true);
  }
});
