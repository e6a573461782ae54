/** A refusal as AWS's APIs say it: a code that clients branch on, and words for people. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** What the local account does not do: said by name, and never with a success that did nothing. */
export function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', `The local account does not know ${what}.`, 501);
}
