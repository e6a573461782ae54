import type { DeployedResource } from './deployed';
import type { ResourceStatus } from './stacks';

/** What happens to one resource. */
export interface ResourceHappening {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly status: ResourceStatus;
  /** Empty while it has none. */
  readonly physicalId: string;
  readonly reason?: string;
}

export type TellResource = (happening: ResourceHappening) => void;

export function happening(
  { address, resource }: Pick<DeployedResource, 'address' | 'resource'>,
  status: ResourceStatus,
  physicalId = '',
  reason?: string,
): ResourceHappening {
  return { ...address, type: resource.Type, status, physicalId, ...(reason !== undefined && { reason }) };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
