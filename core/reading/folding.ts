const ASCII = /^[ -~]*$/;

/**
 * The form in which two names are the same for a parser that takes no notice of case: at least as coarse as Unicode's simple case folding, by
 * which `ſ` (U+017F) is `s` and the Kelvin sign (U+212A) is `k`, as in Go's encoding/json; and `ı` and `İ` are `i`, as in Java.
 */
export function foldCase(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  return name.replaceAll('\u0130', 'I').toLowerCase().toUpperCase().toLowerCase();
}

/**
 * The name of an object that another parser could take for one that is read here: two names that differ in case only, or one that
 * differs from a name of the protocol in case only.
 * @param known names that are read of such an object
 * @returns undefined where every name is unambiguous
 */
export function ambiguousName(names: readonly string[], known: ReadonlySet<string>): string | undefined {
  // Names of the protocol differ in more than case, and nearly every message has no others.
  if (names.every((name) => known.has(name))) return undefined;
  const protocol = foldedNames(known);
  const seen = new Set<string>();
  for (const name of names) {
    const folded = foldCase(name);
    if (seen.has(folded) || (!known.has(name) && protocol.has(folded))) return name;
    seen.add(folded);
  }
  return undefined;
}

/** One of the names that a parser which takes no notice of case could take for `name`, although it is another. */
export function likeOf(names: Iterable<string>, name: string): string | undefined {
  const folded = foldCase(name);
  for (const other of names) if (other !== name && foldCase(other) === folded) return other;
  return undefined;
}

/** Removes members that a parser which takes no notice of case could take for one of these names. */
export function dropLikes(members: Map<string, string>, names: ReadonlySet<string>): Map<string, string> {
  const folded = foldedNames(names);
  for (const name of members.keys()) if (!names.has(name) && folded.has(foldCase(name))) members.delete(name);
  return members;
}

const folds = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>();

function foldedNames(known: ReadonlySet<string>): ReadonlySet<string> {
  const standing = folds.get(known) ?? new Set([...known].map(foldCase));
  folds.set(known, standing);
  return standing;
}
