import { setTimeout as pause } from 'node:timers/promises';

const ATTEMPTS = 5;
const TIMEOUT_MS = 2_000;
const PAUSE_MS = 500;

/** Who this instance is. */
export interface Instance {
  /** Id of its ECS task (the last segment of `TaskARN`), or `local` outside ECS. */
  readonly id: string;
  /** Absent where no service has started it. */
  readonly member?: ServiceMember;
}

/** A task, as its service knows it. */
export interface ServiceMember {
  /** ARN of the task. */
  readonly task: string;
  /** Name or ARN of the cluster. */
  readonly cluster: string;
  /** Name of the service. */
  readonly service: string;
}

/** Region of a task (`arn:PARTITION:ecs:REGION:…`). */
export function regionOf({ task }: ServiceMember): string {
  return task.split(':')[3] ?? '';
}

interface TaskMetadata {
  readonly TaskARN?: unknown;
  readonly Cluster?: unknown;
  readonly ServiceName?: unknown;
}

/**
 * @param metadataUri `ECS_CONTAINER_METADATA_URI_V4` (ECS task metadata endpoint version 4)
 * @throws Error when the endpoint gives no task ARN in five attempts
 */
export async function readInstance(metadataUri: string | undefined): Promise<Instance> {
  if (metadataUri === undefined) return { id: 'local' };
  let problem: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const response = await fetch(`${metadataUri}/task`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const instance = instanceOf((await response.json()) as TaskMetadata);
      if (instance !== undefined) return instance;
      problem = `status ${response.status}, no TaskARN`;
    } catch (error) {
      problem = error instanceof Error ? error.message : error;
    }
    if (attempt < ATTEMPTS) await pause(PAUSE_MS);
  }
  throw new Error(`The sidecar cannot start: ${metadataUri}/task did not name the task in ${ATTEMPTS} attempts: ${problem}`);
}

function instanceOf({ TaskARN: task, Cluster: cluster, ServiceName: service }: TaskMetadata): Instance | undefined {
  const id = typeof task === 'string' ? task.split('/').at(-1) : undefined;
  if (!id) return undefined;
  if (typeof task !== 'string' || typeof cluster !== 'string' || typeof service !== 'string' || service === '') return { id };
  return { id, member: { task, cluster, service } };
}
