import { z } from 'zod';

/** Arguments of both tools. */
export const INPUT = { reference: z.string() };

/** What both tools answer, as JSON text. */
export interface Answer {
  readonly version: string;
  /** As the call brought it. */
  readonly reference: string;
  /** Writes of this session, on this process. */
  readonly written: number;
  readonly pid: number;
  /** Of the secret that the server was given: the same as long as the value is. */
  readonly secret: string;
}
