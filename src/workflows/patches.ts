/** Every change of commands since the first release, by the id that `patched()` gets. Workflow side, data that guards read. */

/** One change. `active` is called with `patched`, `deprecated` with `deprecatePatch`; a line stays for ever. */
export interface Patch {
  /** `<year-month-day>-<what-changes>`; never used for anything else. */
  readonly id: string;
  readonly state: 'active' | 'deprecated' | 'gone';
  /** What differs between before and after, and for which goals. */
  readonly meaning: string;
}

/** Oldest first. None yet: nothing has been released. */
export const PATCHES: readonly Patch[] = [];
