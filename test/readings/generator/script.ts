/** How a server that can be told to misbehaves in one case: values of the dimensions of answers, by dimension. Plain where absent. */
export type Script = Readonly<Record<string, string>>;
