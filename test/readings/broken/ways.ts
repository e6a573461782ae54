/** A reader that is broken on purpose, and stands in for the real one where gateway and sidecar are bundled. */
export interface Way {
  readonly name: string;
  /** What it does wrong, in one sentence. */
  readonly wrong: string;
  /** The module that it replaces, from the project's folder. */
  readonly replaces: string;
  /** The broken module, from this folder. */
  readonly by: string;
}

export const WAYS: readonly Way[] = [];
