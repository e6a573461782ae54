/** Who makes the calls of a campaign. */
export interface Crew {
  /** Resolves when every call has been made. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** What makes calls under one name, and how many of them. */
export interface Share {
  readonly name: string;
  readonly endpoint: string;
  readonly token: string;
  readonly calls: number;
}
