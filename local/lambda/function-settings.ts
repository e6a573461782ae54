/** What runs a Lambda function. */
export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  /** Folder of its code. */
  readonly folder: string;
  readonly timeoutSeconds: number;
  /** The whole environment of its processes. */
  readonly environment: Readonly<Record<string, string>>;
}
