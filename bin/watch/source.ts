import { readManifest } from '../../local/assembly/manifest';
import { type Assembled, type SynthesisOptions, Synthesizer } from '../synthesizer';

/** Context by which the constructs are asked to tell which folders images are built from. */
const TELL_SOURCES = 'cdk-mcp-fleet:sources=true';

/** Where assemblies come from, again and again. */
export interface AssemblySource {
  /** Whether files of the app that change while one is made may be missing in it. */
  readonly readsFiles: boolean;
  /** @throws CommandError or LocalAccountError where there is none to be had */
  next(interrupted: AbortSignal): Promise<Assembled>;
  /** Another `next` follows at once. */
  prepare(): void;
  /** What came last is not used. */
  discard(): void;
  dispose(): Promise<void>;
}

export function synthesizedApp(options: SynthesisOptions, folder: string): AssemblySource {
  const synthesizer = Synthesizer.open({ ...options, context: [...options.context, TELL_SOURCES] }, folder);
  return {
    readsFiles: true,
    next: (interrupted) => synthesizer.run(interrupted),
    prepare: () => synthesizer.prepare(),
    discard: () => synthesizer.discard(),
    dispose: () => synthesizer.dispose(),
  };
}

/** An assembly that another process writes. */
export function writtenAssembly(assembly: string): AssemblySource {
  return {
    readsFiles: false,
    next: async () => {
      const { missing = [] } = readManifest(assembly);
      return { assembly, missing: missing.map(({ key }) => key), milliseconds: 0 };
    },
    prepare: () => {},
    discard: () => {},
    dispose: async () => {},
  };
}
