type Version = readonly [number, number, number];

const COMPARATOR = /^(>=|<=|>|<|=|\^|~>?)?v?(\d+|[x*])(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?(?:-[\w.-]+)?$/i;

/**
 * Whether a version of Node.js is too old for a range as `engines` names them (semver, as far as it is in use there).
 * @returns the oldest newer version that the range allows; undefined when the version fits, when it is too new, and when the
 *   range is not understood: what npm only warns of is refused only where it is certain
 */
export function leastNode(range: string, version: string): string | undefined {
  const here = version.split('.').map(Number) as unknown as Version;
  const spans = range.split('||').map(spanOf);
  if (spans.some((span) => span === undefined)) return undefined;
  const known = spans as readonly Span[];
  if (known.some(({ from, below }) => compare(from, here) <= 0 && (below === undefined || compare(here, below) < 0))) return undefined;
  const newer = known.map(({ from }) => from).filter((from) => compare(from, here) > 0);
  return newer.sort(compare)[0]?.join('.');
}

/** From one version up to below another. */
interface Span {
  readonly from: Version;
  readonly below?: Version;
}

function spanOf(text: string): Span | undefined {
  const hyphen = text.trim().replace(/^(\S+)\s+-\s+(\S+)$/, '>=$1 <=$2');
  const spaced = hyphen.replaceAll(/(>=|<=|>|<|=|\^|~>?)\s+/g, '$1');
  const parts = spaced.split(/\s+/).filter((part) => part !== '');
  const spans = parts.map(spanOfOne);
  if (spans.some((span) => span === undefined)) return undefined;
  return (spans as Span[]).reduce(intersection, { from: [0, 0, 0] });
}

function spanOfOne(part: string): Span | undefined {
  const [whole, operator = '=', ...numbers] = COMPARATOR.exec(part) ?? [];
  if (whole === undefined) return undefined;
  const given = numbers.map((number) => (number === undefined || /[x*]/i.test(number) ? undefined : Number(number)));
  const [major, minor, patch] = given;
  if (major === undefined) return { from: [0, 0, 0] };
  const from: Version = [major, minor ?? 0, patch ?? 0];
  // The first version that does not begin as the given one does.
  const after: Version = minor === undefined ? [major + 1, 0, 0] : patch === undefined ? [major, minor + 1, 0] : [major, minor, patch + 1];
  switch (operator) {
    case '>=':
      return { from };
    case '>':
      return { from: after };
    case '<':
      return { from: [0, 0, 0], below: from };
    case '<=':
      return { from: [0, 0, 0], below: after };
    case '^':
      return { from, below: [major + 1, 0, 0] };
    case '=':
      return { from, below: after };
    default:
      return { from, below: minor === undefined ? [major + 1, 0, 0] : [major, minor + 1, 0] };
  }
}

function intersection(one: Span, other: Span): Span {
  const from = compare(one.from, other.from) > 0 ? one.from : other.from;
  const bounds = [one.below, other.below].filter((below) => below !== undefined).sort(compare);
  return { from, ...(bounds[0] && { below: bounds[0] }) };
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}
