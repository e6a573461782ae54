/** Programs of the suite, by folder. */
export const PROGRAMS = ['everything-server', 'relay-server', 'everything-client'] as const;

/** Folders of the bundled programs. */
export type Programs = Readonly<Record<(typeof PROGRAMS)[number], string>>;
