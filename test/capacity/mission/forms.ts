import { DEFAULT_PROFILE } from '../../../core/sizing/load-profile';
import type { Mission } from './mission';

const MINUTE = 1 / 60;

/** 300 agents with five sessions each: 1,500 that think, on two instances of 100 for each server to begin with. */
export const FULL: Mission = {
  names: ['crm', 'files', 'mail', 'payments', 'search'],
  profile: {
    ...DEFAULT_PROFILE,
    agents: 300,
    sessionMinutes: 20,
    sessionLengths: 'fixed',
    hours: 48 * MINUTE,
    thinkSeconds: 60,
    // They come within ten minutes, and three of them stay.
    day: [
      { hour: 0, share: 0 },
      { hour: 10 * MINUTE, share: 1 },
      { hour: 20 * MINUTE, share: 1 },
      { hour: 20.1 * MINUTE, share: 0.01 },
    ],
  },
  speed: 5,
  perInstance: 100,
  minInstances: 2,
  maxInstances: 10,
  waitSeconds: 40,
};

/** With servers that follow CPU: until the last agent has been refused. */
export const FULL_BY_CPU: Mission = { ...FULL, profile: { ...FULL.profile, hours: 25 * MINUTE } };

/** The same with two servers and smaller instances, in under a minute: an instance is there long before whoever waits for it gives up. */
export const SHORT: Mission = {
  ...FULL,
  names: ['crm', 'mail'],
  profile: {
    ...FULL.profile,
    agents: 24,
    sessionMinutes: 8,
    thinkSeconds: 2,
    hours: 31 * MINUTE,
    day: [
      { hour: 0, share: 0 },
      { hour: 4 * MINUTE, share: 1 },
      { hour: 8 * MINUTE, share: 1 },
      { hour: 8.1 * MINUTE, share: 0.05 },
    ],
  },
  speed: 50,
  perInstance: 6,
  waitSeconds: 8,
};

/** One server, as it is simulated as well: two seconds for a minute, so that an instance starts in about as many minutes as in AWS. */
export const FORECAST: Mission = {
  ...SHORT,
  names: ['crm'],
  profile: { ...SHORT.profile, agents: 60, thinkSeconds: 5, hours: 34 * MINUTE },
  speed: 30,
  perInstance: 20,
  waitSeconds: 40,
};
