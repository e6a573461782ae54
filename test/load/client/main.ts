// One client process: opens sessions, calls, and tells what it saw.
import { setInterval as every } from 'node:timers/promises';
import type { Notice, Order } from '../messages';
import { Crowd } from './crowd';

let crowd: Crowd | undefined;

async function carryOut(order: Order): Promise<void> {
  if (order.kind === 'open') crowd = new Crowd(order.settings);
  if (crowd === undefined) throw new Error('the first order must be to open');
  if (order.kind === 'release') return crowd.release();
  if (order.kind === 'open') await crowd.open();
  if (order.kind === 'call') await crowd.call(order.calls);
  if (order.kind === 'close') await crowd.close();
  tell({ kind: 'done', ...crowd.takeReport() });
}

function tell(notice: Notice): void {
  process.send?.(notice);
}

async function tellProgress(): Promise<void> {
  for await (const _ of every(1000, undefined, { ref: false })) if (crowd !== undefined) tell({ kind: 'progress', ...crowd.progress });
}

process.on('message', (order: Order) => {
  carryOut(order).catch((error: Error) => tell({ kind: 'failed', message: error.stack ?? error.message }));
});
process.on('disconnect', () => process.exit(0));
void tellProgress();
