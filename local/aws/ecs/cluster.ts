import { type JsonRequest, textOf } from '../json-service';

/** Name of the cluster that a request means. */
export function clusterOf(request: JsonRequest): string {
  return (textOf(request, 'cluster') ?? 'default').replace(/^.*:cluster\//, '');
}

export function clusterArn(cluster: string, { region, account }: { readonly region: string; readonly account: string }): string {
  return `arn:aws:ecs:${region}:${account}:cluster/${cluster}`;
}
