import { assemblySide, type Side } from './compared-sides';
import { synthesize } from './synthesize';

/** How the command line names an app. */
export interface AppOptions {
  readonly app?: string;
  readonly assembly?: string;
  readonly context: readonly string[];
}

/** The app, synthesized now unless its assembly is named. */
export async function appSide({ app, assembly, context }: AppOptions, interrupted: AbortSignal): Promise<Side> {
  if (assembly !== undefined) return assemblySide(assembly);
  const synthesis = await synthesize({ app, context }, process.cwd(), interrupted);
  try {
    return assemblySide(synthesis.assembly, app ?? 'the app of cdk.json');
  } finally {
    await synthesis.dispose();
  }
}
