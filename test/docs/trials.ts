import type { CompanyName } from './companies';
import { type Documented, placeOf } from './documented';
import { needOf } from './needs';
import { companyOf } from './which-company';

/** A command that is run once, however often the pages give it. */
export interface Trial {
  /** As the first page has it. */
  readonly documented: Documented;
  readonly company: CompanyName;
  readonly needs: string | undefined;
  /** Where it stands. */
  readonly places: readonly string[];
}

/** In the order of the pages. The same command of the same company is one, with `npx` in front of it or not. */
export function trialsOf(all: readonly Documented[]): readonly Trial[] {
  const trials = new Map<string, Trial & { readonly places: string[] }>();
  for (const documented of all) {
    const { command, prints, remark } = documented;
    const company = companyOf(documented);
    const key = JSON.stringify([company, command.replace(/^npx /, ''), prints, remark.exit]);
    const known = trials.get(key);
    if (known) known.places.push(placeOf(documented));
    else trials.set(key, { documented, company, needs: needOf(documented), places: [placeOf(documented)] });
  }
  return [...trials.values()];
}
