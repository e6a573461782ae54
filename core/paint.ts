/** How words look where they are printed. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** In its largest unit. */
export function age(milliseconds: number): string {
  const [unit, length] = UNITS.find(([, shortest]) => milliseconds >= shortest) ?? [];
  if (unit === undefined || length === undefined) return seconds(Math.max(0, milliseconds));
  const count = Math.floor(milliseconds / length);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
