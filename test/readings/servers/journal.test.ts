import { expect, test } from '@jest/globals';
import { Journal, openSessions } from './journal';

test('a deed belongs to the mark under which it was done, and what is done in a session to whoever opened it', () => {
  const journal = new Journal();
  journal.under('a', () => journal.note({ what: 'opened', server: 's', name: 'session-1' }));
  journal.under('a', () => journal.note({ what: 'opened', server: 's', name: 'session-2' }));
  journal.under('b', () => journal.note({ what: 'ended', server: 's', name: 'session-1' }));
  journal.note({ what: 'executed', server: 's', name: 'pay', args: { mark: 'b' } });
  expect(journal.of('a').map(({ what }) => what)).toEqual(['opened', 'opened', 'ended']);
  expect(openSessions(journal.of('a'))).toEqual(['session-2']);
  expect(journal.of('b')).toEqual([{ what: 'executed', server: 's', name: 'pay', args: { mark: 'b' } }]);
});

test('what is forgotten is told of nobody', () => {
  const journal = new Journal();
  journal.note({ what: 'opened', server: 's', name: 'session-1' }, 'a');
  journal.forget('a');
  journal.note({ what: 'ended', server: 's', name: 'session-1' });
  expect(journal.of('a')).toEqual([]);
  expect(journal.unmarked).toHaveLength(1);
});
