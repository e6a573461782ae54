import type { Stage } from './suite';

/** What a scene does and sees, step by step; a step that fails ends its scene. */
export class Steps {
  passed = 0;
  readonly failed: { readonly step: string; readonly why: string }[] = [];

  constructor(private readonly say: Stage['say']) {}

  async take<Result>(step: string, work: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s`;
    try {
      const result = await work();
      this.passed++;
      this.say(`✔ ${seconds()}  ${step}`);
      return result;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.failed.push({ step, why });
      this.say(`✘ ${seconds()}  ${step}\n${why}`);
      throw new SceneEnded(step);
    }
  }

  /** Plays a scene to its end, or to the step that fails. */
  async play(scene: () => Promise<void>): Promise<void> {
    await scene().catch((error: unknown) => {
      if (!(error instanceof SceneEnded)) throw error;
    });
  }
}

class SceneEnded extends Error {}
