/**
 * Id of the ECS task that this process belongs to, or of the process where there is none.
 * @param metadataUri `ECS_CONTAINER_METADATA_URI_V4` (ECS task metadata endpoint version 4)
 */
export async function readInstance(metadataUri: string | undefined): Promise<string> {
  if (metadataUri === undefined) return `process-${process.pid}`;
  const task = (await (await fetch(`${metadataUri}/task`)).json()) as { readonly TaskARN: string };
  return task.TaskARN.split('/').at(-1) as string;
}
