/** Something that a server did. */
export interface Deed {
  readonly server: string;
  /** Name of the tool, or the method where it is none. */
  readonly what: string;
  /** The arguments as the server read them. */
  readonly given: object;
  /** Headers with which it was asked. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Tells the suite of it, before anything is answered. */
export async function tell(deed: Deed): Promise<void> {
  await fetch(process.env.SUITE as string, { method: 'POST', body: JSON.stringify(deed) });
}
