import type { Threat } from '../threat';
import { ANSWER_THREATS } from './answers';
import { DEFINITION_THREATS } from './definitions';
import { HEADER_THREATS } from './headers';
import { IDENTITY_THREATS } from './identity';
import { LEDGER_THREATS } from './ledger';
import { NETWORK_THREATS } from './network';
import { OPERATION_THREATS } from './operation';
import { POLICY_THREATS } from './policy';
import { READING_THREATS } from './reading';
import { SESSION_THREATS } from './sessions';
import { SIDECAR_THREATS } from './sidecars';

/** The threat model: each threat with what shows the answer to it. */
export const THREATS: readonly Threat[] = [
  ...IDENTITY_THREATS,
  ...SESSION_THREATS,
  ...NETWORK_THREATS,
  ...HEADER_THREATS,
  ...READING_THREATS,
  ...POLICY_THREATS,
  ...DEFINITION_THREATS,
  ...LEDGER_THREATS,
  ...SIDECAR_THREATS,
  ...ANSWER_THREATS,
  ...OPERATION_THREATS,
];
