import type { Datapoint } from '../local-account';

/** The parts of an Embedded Metric Format document that are read here (CloudWatch, EMF specification 0). */
interface EmfDocument {
  readonly _aws?: {
    readonly Timestamp?: number;
    readonly CloudWatchMetrics?: readonly {
      readonly Namespace: string;
      readonly Dimensions?: readonly (readonly string[])[];
      readonly Metrics?: readonly { readonly Name: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

/** The datapoints of one log line, as CloudWatch Logs would extract them; none when the line is no EMF document. */
export function datapointsOf(line: string, source: string): Datapoint[] {
  if (!line.startsWith('{') || !line.includes('"_aws"')) return [];
  const document = parse(line);
  const at = document?._aws?.Timestamp ?? Date.now();
  const found: Datapoint[] = [];
  for (const { Namespace, Dimensions, Metrics } of document?._aws?.CloudWatchMetrics ?? []) {
    for (const names of Dimensions?.length ? Dimensions : [[]]) {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(document?.[name])]));
      for (const { Name } of Metrics ?? []) {
        for (const value of [document?.[Name]].flat()) {
          if (typeof value === 'number') found.push({ namespace: Namespace, name: Name, dimensions, value, at, source });
        }
      }
    }
  }
  return found;
}

function parse(line: string): EmfDocument | undefined {
  try {
    return JSON.parse(line) as EmfDocument;
  } catch {
    return undefined;
  }
}
