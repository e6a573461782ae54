import { setTimeout as pause } from 'node:timers/promises';

const ATTEMPTS = 5;
const TIMEOUT_MS = 2_000;
const PAUSE_MS = 500;

/**
 * Who this instance is: the id of its ECS task (the last segment of `TaskARN`), or `local` outside ECS.
 * @param metadataUri `ECS_CONTAINER_METADATA_URI_V4` (ECS task metadata endpoint version 4)
 * @throws Error when the endpoint gives no task ARN in five attempts
 */
export async function readInstanceId(metadataUri: string | undefined): Promise<string> {
  if (metadataUri === undefined) return 'local';
  let problem: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const response = await fetch(`${metadataUri}/task`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const { TaskARN } = (await response.json()) as { TaskARN?: unknown };
      const id = typeof TaskARN === 'string' ? TaskARN.split('/').at(-1) : undefined;
      if (id) return id;
      problem = `status ${response.status}, no TaskARN`;
    } catch (error) {
      problem = error instanceof Error ? error.message : error;
    }
    if (attempt < ATTEMPTS) await pause(PAUSE_MS);
  }
  throw new Error(`The sidecar cannot start: ${metadataUri}/task did not name the task in ${ATTEMPTS} attempts: ${problem}`);
}
