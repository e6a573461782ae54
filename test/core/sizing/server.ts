import type { SizedServer } from '../../../core/sizing/sized-server';

/** Half a vCPU and a GiB, a hundred slots. */
export const SERVER: SizedServer = {
  name: 'payments',
  slots: 100,
  min: 2,
  max: 30,
  task: { vcpu: 0.5, gib: 1, processor: 'X86_64' },
  gateways: 2,
  queue: { length: 1_000, seconds: 40 },
  startSeconds: 60,
};
