import { type Assembled, type SynthesisOptions, Synthesizer } from './synthesizer';

export interface Synthesis extends Assembled {
  /** Removes the assembly. */
  dispose(): Promise<void>;
}

/** Synthesizes a CDK app once. Nothing is left when it fails. */
export async function synthesize(options: SynthesisOptions, folder: string, interrupted: AbortSignal): Promise<Synthesis> {
  const synthesizer = Synthesizer.open(options, folder);
  try {
    return { ...(await synthesizer.run(interrupted)), dispose: () => synthesizer.dispose() };
  } catch (error) {
    await synthesizer.dispose();
    throw error;
  }
}
