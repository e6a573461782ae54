import { describe, expect, test } from '@jest/globals';
import { deploymentLines, meaningLines, summaryOf } from '../../bin/meaning-lines';
import { terminal } from '../../bin/terminal';
import type { MeaningChange } from '../../meaning/change';

const { paint } = terminal(false, { NO_COLOR: '1' });
const change = (of: Partial<MeaningChange>): MeaningChange => ({ kind: 'policy', severity: 'changes', fleet: 'orders', what: 'it', ...of });

describe('meaningLines', () => {
  test('groups by fleet and server, and says what comes, goes and takes the place of what', () => {
    const changes = [
      change({ severity: 'widens', what: 'edge', before: 'internal', after: 'public' }),
      change({ kind: 'untold', what: 'life of a key', before: 'not told by the version before' }),
      change({ server: 'pay', severity: 'widens', what: 'support may call', after: 'refund' }),
      change({ server: 'pay', severity: 'breaks', what: 'server runs', before: 'here', after: 'there', breaks: 'its sessions end' }),
      change({ server: 'pay', severity: 'narrows', what: 'desk may call', before: 'refund', breaks: 'these calls are refused' }),
    ];
    expect(meaningLines(changes, paint)).toEqual([
      'orders',
      '  widens   edge: internal → public',
      '  changes  life of a key: not told by the version before',
      'orders / pay',
      '  widens   support may call: + refund',
      '  breaks   server runs: here → there  its sessions end',
      '  narrows  desk may call: − refund  breaks: these calls are refused',
    ]);
    expect(summaryOf(changes)).toBe('2 widens · 2 breaks · 1 narrows · 1 changes');
  });

  test('colours by severity', () => {
    const { paint: colours } = terminal(false, { FORCE_COLOR: '1' });
    expect(meaningLines([change({ severity: 'widens' })], colours)[1]).toContain('\x1b[31mwidens');
    expect(meaningLines([change({ severity: 'narrows' })], colours)[1]).toContain('\x1b[32mnarrows');
  });

  test('does nothing on a terminal, whatever a template says', () => {
    const odd = 'a\x1b[2Jb\x07\u202ec\nd';
    const lines = meaningLines([change({ fleet: odd, server: odd, what: odd, before: odd, after: odd, breaks: odd })], paint);
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toMatch(/(?!\t)[\p{Cc}\p{Bidi_Control}]/u);
  });

  test('has no lines where nothing changes', () => {
    expect(meaningLines([], paint)).toEqual([]);
    expect(summaryOf([])).toBe('Nothing changes in meaning.');
  });
});

test('what CloudFormation will do stands in one line, and what holds data by its name', () => {
  const resource = (name: string, stateful = false, kept = false) => ({ name, type: 'T', stateful, kept });
  const removed = [resource('Shop/Table', true), resource('Shop/Ledger', true, true), ...Array.from('abcdefgh', (name) => resource(name))];
  expect(
    deploymentLines([{ stack: 'Shop', added: 3, changed: 5, replaced: [resource('Shop/Task')], mayBeReplaced: [], removed }], paint),
  ).toEqual([
    'CloudFormation Shop: 3 added, 5 changed, 1 replaced (Shop/Task), 10 removed (Shop/Table STATEFUL; Shop/Ledger STATEFUL, kept; a; b; c; d; e; f; 2 more)',
  ]);
});
