import type { Datapoint } from '../local-account';
import { QUOTAS } from '../quotas';

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

/** The datapoints of one log line, as CloudWatch Logs would extract them; none when the line is no EMF document, or one beyond its limits. */
export function datapointsOf(line: string, source: string): Datapoint[] {
  if (!line.startsWith('{') || !line.includes('"_aws"') || Buffer.byteLength(line) > QUOTAS.logEvent.most) return [];
  const document = parse(line);
  const at = document?._aws?.Timestamp ?? Date.now();
  const found: Datapoint[] = [];
  for (const { Namespace, Dimensions, Metrics = [] } of document?._aws?.CloudWatchMetrics ?? []) {
    if (Metrics.length > QUOTAS.emfMetrics.most) continue;
    for (const names of Dimensions?.length ? Dimensions : [[]]) {
      if (names.length > QUOTAS.emfDimensions.most) continue;
      const dimensions = Object.fromEntries(names.map((name) => [name, String(document?.[name])]));
      for (const { Name } of Metrics) {
        const values = [document?.[Name]].flat();
        for (const value of values.length > QUOTAS.emfValues.most ? [] : values) {
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
