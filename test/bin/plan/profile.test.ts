import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadOf, rampOf, readLoad } from '../../../bin/plan/profile';
import { DEFAULT_PROFILE } from '../../../core/sizing/load-profile';
import { scratchFolder } from '../../local/fixtures/assembly';

function fileOf(content: string): string {
  const file = join(scratchFolder(), 'load.json');
  writeFileSync(file, content);
  return file;
}

describe('a load', () => {
  it('is the default but for what the file says, then of a server, and the flags before all', () => {
    const file = fileOf('{ "agents": 3, "cpuMs": 1, "servers": { "payments": { "cpuMs": 2, "thinkSeconds": 9 } } }');
    const load = readLoad(file, { agents: 4, thinkSeconds: 8 });
    expect(loadOf(load, 'memory')).toEqual({ ...DEFAULT_PROFILE, agents: 4, cpuMs: 1, thinkSeconds: 8 });
    expect(loadOf(load, 'payments')).toEqual({ ...DEFAULT_PROFILE, agents: 4, cpuMs: 2, thinkSeconds: 8 });
    expect(readLoad(undefined, {}).all).toEqual(DEFAULT_PROFILE);
  });

  it('rises within minutes, or is there at once', () => {
    expect(rampOf(30)).toEqual([
      { hour: 0, share: 0 },
      { hour: 0.5, share: 1 },
    ]);
    expect(rampOf(0)).toEqual([{ hour: 0, share: 1 }]);
  });

  it.each([
    ['{', /is no JSON/],
    ['[]', /it is \[\]; allowed: an object/],
    ['{ "agentz": 3 }', /agentz is 3; allowed: only agents, sessionsPerTask/],
    ['{ "agents": 1.5 }', /agents is 1\.5; allowed: a whole number from 1 to 1000000/],
    ['{ "agents": "3" }', /agents is "3"; allowed: a whole number/],
    ['{ "thinkSeconds": 0 }', /thinkSeconds is 0; allowed: a number from 0\.01/],
    ['{ "sessionLengths": "normal" }', /sessionLengths is "normal"; allowed: fixed, exponential, lognormal/],
    ['{ "day": [] }', /day is \[\]; allowed: a list/],
    ['{ "day": [{ "hour": 2, "share": 1 }, { "hour": 1, "share": 1 }] }', /day is .*rising/],
    ['{ "day": [{ "hour": 0, "share": 2 }] }', /day is .*from 0 to 1/],
    ['{ "weights": [{ "share": 0.6, "weight": 2 }, { "share": 0.6, "weight": 3 }] }', /weights is .*1 in all at most/],
    ['{ "weights": [{ "share": 0.6, "weight": 0 }] }', /weights is .*a whole number from 1 to 100/],
    ['{ "servers": [] }', /servers is \[\]; allowed: an object/],
    ['{ "servers": { "payments": { "agents": 3 } } }', /servers\.payments\.agents is 3; allowed: .*sessionsPerTask, thinkSeconds, cpuMs/],
  ])('is refused: %s', (content, message) => {
    expect(() => readLoad(fileOf(content), {})).toThrow(message);
  });
});
